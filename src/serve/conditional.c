/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/conditional.h"

#include "net/date.h"

#include <string.h>

/* ---- tags ---- */

/* The bytes of the tag at the beginning of `text`, quotes included; 0: there
 * is none. */
static size_t tag_length(const char *text)
{
	const char *c = text;

	if (*c++ != '"')
		return 0;
	while (*c == '!' || (*c >= '#' && *c != 0x7f) || (*c & 0x80))
		c++;
	return *c == '"' ? (size_t)(c - text) + 1 : 0;
}

bool etag_is_strong(const char *text)
{
	size_t n = tag_length(text);

	return n && !text[n];
}

/* Whether the field, `*` or a list, has the tag.  Of what follows a piece that
 * is no tag nothing is believed. */
static bool list_has(const char *list, const char *etag, bool weakly)
{
	size_t len = strlen(etag), n;

	list += strspn(list, " \t");
	if (*list == '*')
		return true;
	for (;;) {
		bool weak;

		list += strspn(list, " \t,");
		weak = strncmp(list, "W/", 2) == 0;
		if (weak)
			list += 2;
		n = tag_length(list);
		if (n == 0)
			return false;
		if (n == len && memcmp(list, etag, n) == 0 && (weakly || !weak))
			return true;
		list += n;
	}
}

bool if_range_holds(const char *if_range, const char *etag)
{
	return !if_range || strcmp(if_range, etag) == 0;
}

/* ---- all of them ---- */

int conditions_check(const struct conditions *c, const char *etag,
                     int64_t modified)
{
	int64_t since;

	if (c->match) {
		if (!list_has(c->match, etag, false))
			return 412;
	} else if (c->unmodified_since) {
		since = http_date_parse(c->unmodified_since);
		if (since >= 0 && modified > since)
			return 412;
	}
	if (c->none_match)
		return list_has(c->none_match, etag, true) ? 304 : 200;
	if (!c->modified_since)
		return 200;
	since = http_date_parse(c->modified_since);
	return since >= 0 && modified <= since ? 304 : 200;
}
