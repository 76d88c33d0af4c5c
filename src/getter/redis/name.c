/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/redis/name.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum piece_kind { PIECE_TEXT, PIECE_KEY, PIECE_GROUP, PIECE_BAD };

/* The next piece of a template. */
struct piece {
	enum piece_kind kind;
	size_t len;  /* of a text */
	size_t skip; /* how much of the template it is */
};

static bool starts_with(const char *at, const char *text)
{
	return strncmp(at, text, strlen(text)) == 0;
}

/* An opening pair is read before a name: "{{key}}" is the text {key}. */
static struct piece piece_at(const char *at)
{
	size_t plain = strcspn(at, "{}");

	if (plain)
		return (struct piece){ PIECE_TEXT, plain, plain };
	if (starts_with(at, "{{") || starts_with(at, "}}"))
		return (struct piece){ PIECE_TEXT, 1, 2 };
	if (starts_with(at, "{key}"))
		return (struct piece){ PIECE_KEY, 0, 5 };
	if (starts_with(at, "{group}"))
		return (struct piece){ PIECE_GROUP, 0, 7 };
	return (struct piece){ PIECE_BAD, 0, 0 };
}

int rediskey_check(const char *template, struct reason *why)
{
	bool has_key = false;

	for (const char *at = template; *at;) {
		struct piece p = piece_at(at);

		if (p.kind == PIECE_BAD)
			return reason_set(
			        why, -EINVAL,
			        "redis_key: '%.40s' is neither {key} nor "
			        "{group}, and a brace is written {{ or }}",
			        at);
		has_key |= p.kind == PIECE_KEY;
		at += p.skip;
	}
	return has_key ? 0
	               : reason_set(why, -EINVAL, "redis_key: no {key} in '%s'",
	                            template);
}

int rediskey_expand(const char *template, const char *group, struct key key,
                    struct buf *out)
{
	while (*template) {
		struct piece p = piece_at(template);

		if (p.kind == PIECE_TEXT)
			buf_append(out, template, p.len);
		else if (p.kind == PIECE_KEY)
			buf_append(out, key.data, key.len);
		else
			buf_puts(out, group);
		template += p.skip;
	}
	return out->err;
}
