/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/json.h"

#include "lib/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SPELLED_MAX         7 /* bytes, as \u0000 and a NUL have */
#define REPLACEMENT         0xfffd
#define LINE_SEPARATOR      0x2028
#define PARAGRAPH_SEPARATOR 0x2029

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\' && c != '<' &&
	       c != '>' && c != '&';
}

static size_t spell_rune(uint32_t rune, char out[SPELLED_MAX])
{
	return (size_t)snprintf(out, SPELLED_MAX, "\\u%04x",
	                        (unsigned int)(uint16_t)rune);
}

/* What stands at `s` is not plain: how it is written; *step: how many of the
 * bytes it is. */
static size_t spell(const char *s, size_t left, char out[SPELLED_MAX],
                    size_t *step)
{
	static const char named[] = "\"\\\n\r\t", names[] = "\"\\nrt";
	const char *name = *s ? strchr(named, *s) : NULL;
	uint32_t rune;
	size_t n = utf8_read(s, left, &rune);

	*step = n ? n : 1;
	if (n == 0)
		return spell_rune(REPLACEMENT, out);
	if (name) {
		out[0] = '\\';
		out[1] = names[name - named];
		return 2;
	}
	if (rune == LINE_SEPARATOR || rune == PARAGRAPH_SEPARATOR ||
	    (rune < 0x80 && !is_plain((unsigned char)rune)))
		return spell_rune(rune, out);
	memcpy(out, s, n);
	return n;
}

int json_string(struct buf *out, const char *bytes, size_t n)
{
	size_t i = 0;

	buf_puts(out, "\"");
	while (i < n && !out->err) {
		size_t from = i, step, len;
		char spelled[SPELLED_MAX];

		while (i < n && is_plain((unsigned char)bytes[i]))
			i++;
		buf_append(out, bytes + from, i - from);
		if (i == n)
			break;
		len = spell(bytes + i, n - i, spelled, &step);
		buf_append(out, spelled, len);
		i += step;
	}
	return buf_puts(out, "\"");
}

size_t json_quote(const char *bytes, size_t n, char *out, size_t size)
{
	size_t used = 0, step;

	out[used++] = '"';
	for (size_t i = 0; i < n; i += step) {
		char spelled[SPELLED_MAX];
		size_t len = spell(bytes + i, n - i, spelled, &step);
		uint32_t rune;

		if (utf8_read(bytes + i, n - i, &rune) &&
		    utf8_is_control(rune) && len == step)
			len = spell_rune(rune, spelled);
		if (used + len + 1 > size)
			break;
		memcpy(out + used, spelled, len);
		used += len;
	}
	out[used++] = '"';
	return used;
}
