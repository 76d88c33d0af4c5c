/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One version of one value: immutable bytes with what is known about them.
 *
 * A value is made once, by a getter, and then only read; it is shared by
 * counting references and freed with the last one, from any thread.  When a
 * value expires is not said here but by the cache entry that holds it, so
 * that an origin's "not modified" can prolong the same version.
 */
#ifndef DREAMFS_VALUE_H
#define DREAMFS_VALUE_H

#include "lib/buf.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum value_source { VALUE_FROM_GETTER, VALUE_FROM_PEER, VALUE_SOURCES };

/* What a maker may tell; zero for what it does not know. */
struct value_meta {
	int64_t mtime_ns;          /* Unix time; 0: the time of loading */
	const char *etag;          /* copied; NULL: none */
	const char *last_modified; /* copied, as the origin wrote it */
	enum value_source source;
};

struct value {
	atomic_uint refs;
	enum value_source source;
	size_t size;
	const char *bytes;    /* owned; NULL when size is 0 */
	int64_t mtime_ns;     /* Unix time */
	int64_t loaded_ns;    /* Unix time */
	char *etag;           /* owned; NULL: none */
	char *last_modified;  /* owned; NULL: none */
	atomic_int fetch_ms;  /* how long the load took */
	char *_Atomic sha256; /* owned; hex, once somebody asked for it */
};

/* Takes the bytes out of `bytes`, which is empty afterwards, and returns the
 * first reference; NULL without memory (the bytes are then still there). */
struct value *value_create(struct buf *bytes, const struct value_meta *meta);

/* Returns its argument with one reference more. */
struct value *value_ref(struct value *v);
/* Gives a reference back; NULL is fine. */
void value_unref(struct value *v);

/* Memory the value really takes, allocator's overhead included. */
size_t value_footprint(const struct value *v);

/* Hex SHA-256 of the bytes; computed at the first call (which takes about a
 * millisecond a MiB) and remembered.  NULL without memory.  Borrowed. */
const char *value_sha256(struct value *v);

#endif
