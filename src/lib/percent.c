/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/percent.h"

#include <errno.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int percent_decode(struct key raw, bool plus, char *room, struct key *out)
{
	size_t n = 0;

	for (size_t i = 0; i < raw.len; i++) {
		int high, low;

		if (raw.data[i] != '%') {
			room[n++] =
			        plus && raw.data[i] == '+' ? ' ' : raw.data[i];
			continue;
		}
		if (raw.len - i < 3)
			return -EINVAL;
		high = hex_digit(raw.data[i + 1]);
		low = hex_digit(raw.data[i + 2]);
		if (high < 0 || low < 0)
			return -EINVAL;
		room[n++] = (char)(high << 4 | low);
		i += 2;
	}
	*out = key_of(room, n);
	return 0;
}
