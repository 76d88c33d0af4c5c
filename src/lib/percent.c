/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/percent.h"

#include <errno.h>
#include <string.h>

bool percent_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

size_t percent_write(char c, char out[PERCENT_LEN])
{
	static const char digits[] = "0123456789ABCDEF";

	out[0] = '%';
	out[1] = digits[(unsigned char)c >> 4];
	out[2] = digits[(unsigned char)c & 15];
	return PERCENT_LEN;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int percent_read(const char *text, size_t left)
{
	int high, low;

	if (left < PERCENT_LEN || text[0] != '%')
		return -1;
	high = hex_digit(text[1]);
	low = high < 0 ? -1 : hex_digit(text[2]);
	return low < 0 ? -1 : high << 4 | low;
}

int percent_encode(struct buf *out, const char *bytes, size_t n)
{
	buf_reserve(out, n);
	for (size_t i = 0; i < n && !out->err; i++) {
		char code[PERCENT_LEN];

		if (percent_unreserved(bytes[i]))
			buf_append(out, bytes + i, 1);
		else
			buf_append(out, code, percent_write(bytes[i], code));
	}
	return out->err;
}

int percent_decode(const char *text, size_t n, bool plus, char *room,
                   size_t *len)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		int c = percent_read(text + i, n - i);

		if (c >= 0)
			i += PERCENT_LEN - 1;
		else if (text[i] == '%')
			return -EINVAL;
		else
			c = plus && text[i] == '+' ? ' ' : text[i];
		room[used++] = (char)c;
	}
	*len = used;
	return 0;
}
