/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two programs whose rings we join, and how their wires differ.
 *
 * `protocol` in the configuration names the one this node uses towards its
 * peers; a request is answered in the dialect of the base path it came in on,
 * whichever that is.
 */
#ifndef DREAMFS_DIALECT_H
#define DREAMFS_DIALECT_H

#include <stdbool.h>

struct dialect {
	const char *name;          /* the word in the configuration */
	const char *base;          /* path before GROUP/KEY, with slashes */
	const char *content_type;  /* of an answer with a value */
	const char *placement;     /* its ring's word for placement_find() */
	int no_group;              /* HTTP status: no such group */
	const char *no_group_text; /* its line, before ": GROUP" */
	bool codecs;           /* Thrift may be chosen instead of protobuf */
	bool empty_is_omitted; /* protobuf: an empty value is no field at all
				     (proto3); otherwise it is a field of length
				     0 (proto2) */
	bool heartbeat;        /* paths that end in the heartbeat are one */
};

extern const struct dialect dialect_groupcache, dialect_dreamemo;

/* By the word of the configuration, NULL when unknown; all of them in order,
 * NULL-terminated. */
const struct dialect *dialect_find(const char *name);
extern const struct dialect *const dialect_table[];

/* HTTP headers of our own between nodes; other programs neither send nor mind
 * them. */

/* Of an answer: the name of the errno with which the load failed, failure.h. */
#define HEADER_ERRNO "X-Dreamfs-Errno"

/* Of a DELETE of the empty key: what is meant is the whole group. */
#define HEADER_SCOPE "X-Dreamfs-Scope"
#define SCOPE_GROUP  "group"

/* Of a GET: the key was invalidated so many milliseconds ago, recents.h. */
#define HEADER_INVALIDATED "X-Dreamfs-Invalidated"

/* What Cache-Control says of a value that must not be given out stale. */
#define CONTROL_MUST_REVALIDATE "must-revalidate"

#endif
