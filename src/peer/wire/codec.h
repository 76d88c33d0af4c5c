/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of a peer as bytes: one GetResponse.
 *
 *     value   1  bytes
 *     expire  3  int64, absolute Unix time in ns, 0 for never; optional
 *
 * Large values are not copied here.  Encoding gives the few bytes that go
 * before and behind the value, for a vectored write of (head, value, tail).
 * Decoding checks the whole message and says where in it the value lies.
 * Both are pure functions and allocate nothing.
 *
 *   protobuf  groupcache, DREAMEMO.  Messages are written by protobuf-c from
 *             proto/groupcache.proto through a buffer that keeps everything
 *             but the value.  They are not read by protobuf-c, whose unpack
 *             duplicates every bytes field; the tests hold the reader here
 *             against it.  Empty values: dialect.h.
 *   thrift    DREAMEMO: TBinaryProtocol, the struct without a message around
 *             it.
 *
 * To add one: a file in wire/ that defines a `const struct codec_ops`, and
 * a line in the table of codec.c.
 */
#ifndef DREAMFS_CODEC_H
#define DREAMFS_CODEC_H

#include "peer/wire/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODEC_FRAME_MAX 16 /* bytes of a head, and of a tail */
/* Largest value a message can hold: lengths are 31 bits in both codecs. */
#define CODEC_VALUE_MAX ((size_t)INT32_MAX - 2 * CODEC_FRAME_MAX)

struct codec_frame {
	unsigned char head[CODEC_FRAME_MAX], tail[CODEC_FRAME_MAX];
	size_t head_len, tail_len;
};

struct codec_response {
	const char *value; /* borrowed from the message; NULL when empty */
	size_t len;
	bool has_expire;
	int64_t expire_ns;
};

struct codec_ops {
	const char *name; /* the word in the configuration */
	/*
	 * The frame of r->len bytes of value (r->value is not looked at).
	 * 0, or -EFBIG over CODEC_VALUE_MAX.
	 */
	int (*encode)(struct codec_frame *f, const struct codec_response *r,
	              const struct dialect *dialect);
	/*
	 * Reads a whole message.  Unknown fields are skipped, a field that
	 * comes twice counts as it came last, an absent value is empty.
	 * 0, or -EBADMSG: truncated, not this encoding, or bytes left over.
	 */
	int (*decode)(struct codec_response *r, const char *bytes, size_t len);
};

/* By the word of the configuration, NULL when unknown; all of them in order,
 * NULL-terminated. */
const struct codec_ops *codec_find(const char *name);
extern const struct codec_ops *const codec_table[];

#endif
