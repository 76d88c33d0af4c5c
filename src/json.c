/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LINE_SEPARATOR      0x2028
#define PARAGRAPH_SEPARATOR 0x2029

/* Bytes of the character at `s`, which is no ASCII, and what it is; 0: it is
 * not UTF-8 (RFC 3629: nothing overlong, no surrogates, at most U+10FFFF). */
static size_t utf8_read(const unsigned char *s, size_t left, uint32_t *rune)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0xc2   ? 0
	           : s[0] < 0xe0 ? 2
	           : s[0] < 0xf0 ? 3
	           : s[0] < 0xf5 ? 4
	                         : 0;

	if (n == 0 || n > left)
		return 0;
	*rune = s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*rune = *rune << 6 | (s[i] & 0x3f);
	}
	if (*rune < least[n] || *rune > 0x10ffff ||
	    (*rune >= 0xd800 && *rune < 0xe000))
		return 0;
	return n;
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

/* What stands at `s` is not plain: appends it and returns how many bytes of
 * it there are, or a negative errno. */
static int special_print(struct buf *out, const unsigned char *s, size_t left)
{
	uint32_t rune = 0;
	size_t n = 1;
	int err;

	if (s[0] >= 0x80)
		n = utf8_read(s, left, &rune);
	if (n == 0)
		err = buf_puts(out, "\\ufffd");
	else if (rune == LINE_SEPARATOR || rune == PARAGRAPH_SEPARATOR)
		err = buf_printf(out, "\\u%04x", (unsigned int)rune);
	else if (s[0] >= 0x80)
		err = buf_append(out, s, n);
	else if (s[0] == '"' || s[0] == '\\')
		err = buf_printf(out, "\\%c", s[0]);
	else if (s[0] == '\n')
		err = buf_puts(out, "\\n");
	else if (s[0] == '\r')
		err = buf_puts(out, "\\r");
	else if (s[0] == '\t')
		err = buf_puts(out, "\\t");
	else
		err = buf_printf(out, "\\u%04x", s[0]);
	return err ? err : n ? (int)n : 1;
}

int json_string(struct buf *out, const char *bytes, size_t n)
{
	const unsigned char *s = (const unsigned char *)bytes;
	int err = buf_puts(out, "\"");
	size_t i = 0;

	while (!err && i < n) {
		size_t from = i;
		int step;

		while (i < n && is_plain(s[i]))
			i++;
		err = buf_append(out, s + from, i - from);
		if (err || i == n)
			break;
		step = special_print(out, s + i, n - i);
		if (step < 0)
			return step;
		i += (size_t)step;
	}
	return err ? err : buf_puts(out, "\"");
}
