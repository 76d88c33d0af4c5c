/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Request paths: whatever is read is written and read again as the same; and
 * any bytes survive as a key. */
#include "peer/wire/url.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* `group` as a string; a key that DREAMEMO's base refuses may be refused. */
static void check_round(const struct dialect *dialect, struct key group,
                        struct key key)
{
	char *name = strndup(group.data ? group.data : "", group.len), *room;
	struct peerurl again;
	struct buf path;
	int err;

	buf_init(&path, 1 << 20);
	assert(name && peerurl_format(&path, dialect, name, key) == 0);
	room = malloc(path.len);
	assert(room);
	err = peerurl_parse(&again, "", path.data, path.len, room);
	if (dialect == &dialect_dreamemo && key.len == 0) {
		assert(err == -EINVAL);
	} else if (key.len > KEY_MAX) {
		assert(err == -ENAMETOOLONG);
	} else {
		assert(err == 0);
		if (again.kind == PEERURL_KEY) {
			assert(again.dialect == dialect);
			assert(key_equal(again.key, key));
			assert(key_equal(again.group,
			                 key_of(name, strlen(name))));
		} else {
			assert(!peerurl_go_answers(dialect, name, key));
		}
	}
	buf_release(&path);
	free(room);
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const prefixes[] = { "", "/", "/pre" };
	const char *bytes = (const char *)data;
	char *room = malloc(size ? size : 1);

	assert(room);
	for (int i = 0; i < 3; i++) {
		struct peerurl u;
		int err = peerurl_parse(&u, prefixes[i], bytes, size, room);

		assert(err == 0 || err == -ENOENT || err == -EINVAL ||
		       err == -ENAMETOOLONG);
		if (err == 0 && u.kind == PEERURL_KEY) {
			assert(u.group.len + u.key.len < size);
			check_round(u.dialect, u.group, u.key);
		}
	}
	check_round(&dialect_groupcache, key_of("g", 1), key_of(bytes, size));
	check_round(&dialect_dreamemo, key_of("g", 1), key_of(bytes, size));
	free(room);
	return 0;
}
