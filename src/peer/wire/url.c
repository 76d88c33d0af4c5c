/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/wire/url.h"

#include "lib/percent.h"

#include <errno.h>
#include <string.h>

int peerurl_format(struct buf *out, const struct dialect *dialect,
                   const char *group, struct key key)
{
	buf_puts(out, dialect->base);
	percent_encode(out, group, strlen(group));
	buf_puts(out, "/");
	return percent_encode(out, key.data, key.len);
}

/* A part of a path, not decoded. */
struct span {
	const char *data;
	size_t len;
};

static bool starts_with(struct span path, const char *text)
{
	size_t n = strlen(text);

	return path.len >= n && memcmp(path.data, text, n) == 0;
}

static struct span skip(struct span path, size_t n)
{
	return (struct span){ path.data + n, path.len - n };
}

/* The dialect whose base path follows `prefix` in `path`, which then loses
 * both. */
static const struct dialect *take_base(struct span *path, const char *prefix)
{
	struct span rest;

	if (!starts_with(*path, prefix))
		return NULL;
	rest = skip(*path, strlen(prefix));
	for (size_t i = 0; dialect_table[i]; i++)
		if (starts_with(rest, dialect_table[i]->base)) {
			*path = skip(rest, strlen(dialect_table[i]->base));
			return dialect_table[i];
		}
	return NULL;
}

static int parse_names(struct peerurl *out, struct span path, char *room)
{
	const char *slash = memchr(path.data, '/', path.len);
	struct span key;
	size_t n;

	if (!slash)
		return -EINVAL;
	n = (size_t)(slash - path.data);
	key = skip(path, n + 1);
	if (out->dialect == &dialect_dreamemo) {
		if (key.len && key.data[key.len - 1] == '/')
			key.len--;
		if (key.len == 0 || memchr(key.data, '/', key.len))
			return -EINVAL;
	}
	if (key_decode(&out->group, path.data, n, true, room) < 0 ||
	    key_decode(&out->key, key.data, key.len, true, room + n) < 0)
		return -EINVAL;
	return out->key.len > KEY_MAX ? -ENAMETOOLONG : 0;
}

int peerurl_parse(struct peerurl *out, const char *prefix, const char *path,
                  size_t len, char *room)
{
	static const char beat[] = "/" HEARTBEAT_GROUP "/" HEARTBEAT_KEY;
	const size_t n = sizeof(beat) - 1;
	const char *query = memchr(path, '?', len);
	struct span rest = { path, query ? (size_t)(query - path) : len };
	bool beats = rest.len >= n && memcmp(path + rest.len - n, beat, n) == 0;

	*out = (struct peerurl){ .kind = PEERURL_KEY };
	out->dialect = take_base(&rest, prefix);
	if (!out->dialect)
		out->dialect = take_base(&rest, "");
	if (beats && (!out->dialect || out->dialect->heartbeat)) {
		out->kind = PEERURL_HEARTBEAT;
		return 0;
	}
	return out->dialect ? parse_names(out, rest, room) : -ENOENT;
}

/* Whether path cleaning would leave the key's segments alone: none empty but
 * the last, none "." or "..". */
static bool is_clean(struct span key)
{
	for (;;) {
		const char *slash =
		        key.len ? memchr(key.data, '/', key.len) : NULL;
		size_t n = slash ? (size_t)(slash - key.data) : key.len;

		if ((n == 0 && slash) || (n == 1 && key.data[0] == '.') ||
		    (n == 2 && memcmp(key.data, "..", 2) == 0))
			return false;
		if (!slash)
			return true;
		key = skip(key, n + 1);
	}
}

bool peerurl_is_heartbeat(struct key group, struct key key)
{
	return key_equal(group, key_of(HEARTBEAT_GROUP,
	                               sizeof(HEARTBEAT_GROUP) - 1)) &&
	       key_equal(key, key_of(HEARTBEAT_KEY, sizeof(HEARTBEAT_KEY) - 1));
}

bool peerurl_go_answers(const struct dialect *dialect, const char *group,
                        struct key key)
{
	if (dialect == &dialect_groupcache)
		return is_clean((struct span){ key.data, key.len });
	if (peerurl_is_heartbeat(key_of(group, strlen(group)), key))
		return false;
	return key.len > 0 && !memchr(key.data, '/', key.len);
}
