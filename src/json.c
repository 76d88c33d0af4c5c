/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "utf8.h"

#include <stdbool.h>

#define LINE_SEPARATOR      0x2028
#define PARAGRAPH_SEPARATOR 0x2029

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

/* What stands at `s` is not plain: appends it and returns how many bytes of
 * it there are, or a negative errno. */
static int special_print(struct buf *out, const char *s, size_t left)
{
	uint32_t rune;
	size_t n = utf8_read(s, left, &rune);
	int err;

	if (n == 0)
		err = buf_puts(out, "\\ufffd");
	else if (rune == '"' || rune == '\\')
		err = buf_printf(out, "\\%c", *s);
	else if (rune == '\n')
		err = buf_puts(out, "\\n");
	else if (rune == '\r')
		err = buf_puts(out, "\\r");
	else if (rune == '\t')
		err = buf_puts(out, "\\t");
	else if (rune < 0x80 || rune == LINE_SEPARATOR ||
	         rune == PARAGRAPH_SEPARATOR)
		err = buf_printf(out, "\\u%04x", (unsigned int)rune);
	else
		err = buf_append(out, s, n);
	return err ? err : n ? (int)n : 1;
}

int json_string(struct buf *out, const char *bytes, size_t n)
{
	int err = buf_puts(out, "\"");
	size_t i = 0;

	while (!err && i < n) {
		size_t from = i;
		int step;

		while (i < n && is_plain((unsigned char)bytes[i]))
			i++;
		err = buf_append(out, bytes + from, i - from);
		if (err || i == n)
			break;
		step = special_print(out, bytes + i, n - i);
		if (step < 0)
			return step;
		i += (size_t)step;
	}
	return err ? err : buf_puts(out, "\"");
}
