/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and values for tests, made in one line. */
#ifndef DREAMFS_TESTS_CACHED_H
#define DREAMFS_TESTS_CACHED_H

#include "lib/key.h"
#include "lib/value.h"

#include <string.h>

static inline struct key text(const char *s)
{
	return key_of(s, strlen(s));
}

/* `bytes` NULL: that many 'x'.  May be called from any thread, where an
 * assertion of cmocka's may not. */
static inline struct value *value_made(const char *bytes, size_t size,
                                       const char *etag)
{
	struct value_meta meta = { .etag = etag };
	struct value *v;
	struct buf b;

	buf_init(&b, size);
	if (buf_reserve(&b, size) < 0)
		__builtin_trap();
	if (size && bytes)
		memcpy(b.data, bytes, size);
	else if (size)
		memset(b.data, 'x', size);
	b.len = size;
	v = value_create(&b, &meta);
	if (!v)
		__builtin_trap();
	buf_release(&b);
	return v;
}

#endif
