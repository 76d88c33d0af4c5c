/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "utf8.h"

#include <stdbool.h>

#define REPLACEMENT         0xfffd
#define LINE_SEPARATOR      0x2028
#define PARAGRAPH_SEPARATOR 0x2029

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

/* \\uXXXX */
static int rune_print(struct buf *out, uint32_t rune)
{
	static const char hex[] = "0123456789abcdef";
	char code[6] = { '\\',
		         'u',
		         hex[rune >> 12 & 15],
		         hex[rune >> 8 & 15],
		         hex[rune >> 4 & 15],
		         hex[rune & 15] };

	return buf_append(out, code, sizeof(code));
}

static int escape_print(struct buf *out, char letter)
{
	char code[2] = { '\\', letter };

	return buf_append(out, code, sizeof(code));
}

/* What stands at `s` is not plain: appends it and returns how many bytes of
 * it there are, or a negative errno. */
static int special_print(struct buf *out, const char *s, size_t left)
{
	uint32_t rune;
	size_t n = utf8_read(s, left, &rune);
	int err;

	if (n == 0)
		err = rune_print(out, REPLACEMENT);
	else if (rune == '"' || rune == '\\')
		err = escape_print(out, *s);
	else if (rune == '\n')
		err = escape_print(out, 'n');
	else if (rune == '\r')
		err = escape_print(out, 'r');
	else if (rune == '\t')
		err = escape_print(out, 't');
	else if (rune < 0x80 || rune == LINE_SEPARATOR ||
	         rune == PARAGRAPH_SEPARATOR)
		err = rune_print(out, rune);
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
