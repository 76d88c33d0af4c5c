/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetResponse as protobuf (protobuf.dev/programming-guides/encoding).
 *
 * Writing: protobuf-c hands a message to its buffer piece by piece, a bytes
 * field as a piece of its own, at the address it has in the message.  The
 * buffer here knows that address: pieces before it are the head, pieces
 * behind it the tail, and the value itself is only noted.
 *
 * Reading: a message is a row of fields, each a varint (number << 3 | wire
 * type) and, by wire type, a varint, 8 bytes, a length and as many bytes, or
 * 4 bytes.  As in protobuf-c a known field of another wire type and the long
 * deprecated groups (wire types 3, 4) are errors.
 */
#include "groupcache.pb-c.h"
#include "peer/wire/codec.h"

#include <errno.h>
#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

enum field { FIELD_VALUE = 1, FIELD_QPS = 2, FIELD_EXPIRE = 3 };

/* Stands for the value's bytes in a message; only its address counts. */
static uint8_t value_mark;

struct frame_buffer {
	ProtobufCBuffer base;
	struct codec_frame *frame;
	bool behind; /* the value has gone by */
};

/* All fields of the message together, the value apart, take 26 bytes at most,
 * 6 of them before the value: no piece can overrun. */
static void frame_append(ProtobufCBuffer *buffer, size_t n, const uint8_t *data)
{
	struct frame_buffer *b = (struct frame_buffer *)buffer;
	struct codec_frame *f = b->frame;
	unsigned char *to = b->behind ? f->tail : f->head;
	size_t *len = b->behind ? &f->tail_len : &f->head_len;

	if (data == &value_mark) {
		b->behind = true;
		return;
	}
	memcpy(to + *len, data, n);
	*len += n;
}

static int protobuf_encode(struct codec_frame *f,
                           const struct codec_response *r,
                           const struct dialect *dialect)
{
	Dreamfs__GetResponse m = DREAMFS__GET_RESPONSE__INIT;
	struct frame_buffer b = {
		.base = { .append = frame_append },
		.frame = f,
	};

	if (r->len > CODEC_VALUE_MAX)
		return -EFBIG;
	f->head_len = f->tail_len = 0;
	m.has_value = r->len || !dialect->empty_is_omitted;
	m.value = (ProtobufCBinaryData){ r->len, &value_mark };
	m.has_expire = r->has_expire;
	m.expire = r->expire_ns;
	dreamfs__get_response__pack_to_buffer(&m, &b.base);
	return 0;
}

/* What is left to read. */
struct reader {
	const char *at;
	size_t left;
};

static int read_varint(struct reader *in, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64 && in->left; shift += 7) {
		unsigned char byte = (unsigned char)*in->at;

		in->at++;
		in->left--;
		if (shift == 63 && byte > 1)
			return -EBADMSG;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*out = value;
			return 0;
		}
	}
	return -EBADMSG;
}

/* A varint that takes at most five bytes: tags and lengths. */
static int read_short_varint(struct reader *in, uint64_t max, uint64_t *out)
{
	struct reader before = *in;

	if (read_varint(in, out) < 0 || before.left - in->left > 5 ||
	    *out > max)
		return -EBADMSG;
	return 0;
}

static int read_bytes(struct reader *in, size_t n, const char **out)
{
	if (n > in->left)
		return -EBADMSG;
	*out = in->at;
	in->at += n;
	in->left -= n;
	return 0;
}

/* One field's content: a varint into *number, or *bytes and *number of them. */
static int read_content(struct reader *in, unsigned int wire,
                        const char **bytes, uint64_t *number)
{
	switch (wire) {
	case WIRE_VARINT:
		return read_varint(in, number);
	case WIRE_64:
		return read_bytes(in, 8, bytes);
	case WIRE_32:
		return read_bytes(in, 4, bytes);
	case WIRE_BYTES:
		if (read_short_varint(in, INT32_MAX, number) < 0)
			return -EBADMSG;
		return read_bytes(in, (size_t)*number, bytes);
	default:
		return -EBADMSG;
	}
}

static int read_field(struct reader *in, struct codec_response *r)
{
	const char *bytes = NULL;
	uint64_t tag, number = 0;
	unsigned int wire;

	if (read_short_varint(in, UINT32_MAX, &tag) < 0)
		return -EBADMSG;
	wire = tag & 7;
	if (tag >> 3 == 0 || read_content(in, wire, &bytes, &number) < 0)
		return -EBADMSG;
	switch (tag >> 3) {
	case FIELD_VALUE:
		r->value = number ? bytes : NULL;
		r->len = (size_t)number;
		return wire == WIRE_BYTES ? 0 : -EBADMSG;
	case FIELD_QPS:
		return wire == WIRE_64 ? 0 : -EBADMSG;
	case FIELD_EXPIRE:
		r->has_expire = true;
		r->expire_ns = (int64_t)number;
		return wire == WIRE_VARINT ? 0 : -EBADMSG;
	default:
		return 0;
	}
}

static int protobuf_decode(struct codec_response *r, const char *bytes,
                           size_t len)
{
	struct reader in = { bytes, len };

	*r = (struct codec_response){ 0 };
	while (in.left)
		if (read_field(&in, r) < 0)
			return -EBADMSG;
	return 0;
}

const struct codec_ops codec_protobuf = {
	.name = "protobuf",
	.encode = protobuf_encode,
	.decode = protobuf_decode,
};
