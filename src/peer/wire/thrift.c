/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetResponse as Thrift's binary protocol (thrift.apache.org, "Thrift Binary
 * protocol encoding"): what Apache's TBinaryProtocol writes for
 *
 *     struct GetResponse { 1: binary value, 3: optional i64 expire }
 *
 * A struct is a row of fields, each a byte of type, 16 bits of number and the
 * content, ended by a zero byte; all numbers are big-endian.
 *
 *     0b 0001 LEN32 value…   0a 0003 EXPIRE64   00
 *
 * A field of a number we know but another type is skipped, as Thrift's own
 * readers do.  Skipping recurses into containers; DEPTH_MAX bounds the stack,
 * and since an element takes at least a byte, the message bounds the work.
 */
#include "peer/wire/codec.h"

#include <errno.h>

#define DEPTH_MAX 64

enum type {
	TYPE_STOP = 0,
	TYPE_BOOL = 2,
	TYPE_BYTE = 3,
	TYPE_DOUBLE = 4,
	TYPE_I16 = 6,
	TYPE_I32 = 8,
	TYPE_I64 = 10,
	TYPE_STRING = 11,
	TYPE_STRUCT = 12,
	TYPE_MAP = 13,
	TYPE_SET = 14,
	TYPE_LIST = 15,
};

enum field { FIELD_VALUE = 1, FIELD_EXPIRE = 3 };

static void put_number(unsigned char *to, size_t *len, uint64_t number,
                       size_t bytes)
{
	for (size_t i = bytes; i-- > 0;)
		to[(*len)++] = (unsigned char)(number >> (8 * i));
}

static int thrift_encode(struct codec_frame *f, const struct codec_response *r,
                         const struct dialect *dialect)
{
	(void)dialect;
	if (r->len > CODEC_VALUE_MAX)
		return -EFBIG;
	f->head_len = f->tail_len = 0;
	put_number(f->head, &f->head_len, TYPE_STRING, 1);
	put_number(f->head, &f->head_len, FIELD_VALUE, 2);
	put_number(f->head, &f->head_len, r->len, 4);
	if (r->has_expire) {
		put_number(f->tail, &f->tail_len, TYPE_I64, 1);
		put_number(f->tail, &f->tail_len, FIELD_EXPIRE, 2);
		put_number(f->tail, &f->tail_len, (uint64_t)r->expire_ns, 8);
	}
	put_number(f->tail, &f->tail_len, TYPE_STOP, 1);
	return 0;
}

/* What is left to read. */
struct reader {
	const unsigned char *at;
	size_t left;
};

static int read_bytes(struct reader *in, size_t n, const char **out)
{
	if (n > in->left)
		return -EBADMSG;
	*out = (const char *)in->at;
	in->at += n;
	in->left -= n;
	return 0;
}

static int read_number(struct reader *in, size_t bytes, uint64_t *out)
{
	const char *from;

	if (read_bytes(in, bytes, &from) < 0)
		return -EBADMSG;
	*out = 0;
	for (size_t i = 0; i < bytes; i++)
		*out = *out << 8 | (unsigned char)from[i];
	return 0;
}

static int read_string(struct reader *in, const char **out, size_t *len)
{
	uint64_t n;

	if (read_number(in, 4, &n) < 0 || n > INT32_MAX ||
	    read_bytes(in, (size_t)n, out) < 0)
		return -EBADMSG;
	*len = (size_t)n;
	return 0;
}

static int skip(struct reader *in, uint64_t type, int depth);

static int skip_struct(struct reader *in, int depth)
{
	uint64_t type, number;

	for (;;) {
		if (read_number(in, 1, &type) < 0)
			return -EBADMSG;
		if (type == TYPE_STOP)
			return 0;
		if (read_number(in, 2, &number) < 0 ||
		    skip(in, type, depth) < 0)
			return -EBADMSG;
	}
}

/* A list, set or map: its element types, their number, the elements. */
static int skip_elements(struct reader *in, size_t types, int depth)
{
	uint64_t type[2], count;

	for (size_t i = 0; i < types; i++)
		if (read_number(in, 1, &type[i]) < 0)
			return -EBADMSG;
	if (read_number(in, 4, &count) < 0 || count > in->left)
		return -EBADMSG;
	for (; count > 0; count--)
		for (size_t i = 0; i < types; i++)
			if (skip(in, type[i], depth) < 0)
				return -EBADMSG;
	return 0;
}

static int skip(struct reader *in, uint64_t type, int depth)
{
	const char *bytes;
	size_t len;

	if (depth >= DEPTH_MAX)
		return -EBADMSG;
	switch (type) {
	case TYPE_BOOL:
	case TYPE_BYTE:
		return read_bytes(in, 1, &bytes);
	case TYPE_I16:
		return read_bytes(in, 2, &bytes);
	case TYPE_I32:
		return read_bytes(in, 4, &bytes);
	case TYPE_I64:
	case TYPE_DOUBLE:
		return read_bytes(in, 8, &bytes);
	case TYPE_STRING:
		return read_string(in, &bytes, &len);
	case TYPE_STRUCT:
		return skip_struct(in, depth + 1);
	case TYPE_MAP:
		return skip_elements(in, 2, depth + 1);
	case TYPE_SET:
	case TYPE_LIST:
		return skip_elements(in, 1, depth + 1);
	default:
		return -EBADMSG;
	}
}

static int read_field(struct reader *in, struct codec_response *r,
                      uint64_t type)
{
	uint64_t number, expire;

	if (read_number(in, 2, &number) < 0)
		return -EBADMSG;
	if (number == FIELD_VALUE && type == TYPE_STRING) {
		if (read_string(in, &r->value, &r->len) < 0)
			return -EBADMSG;
		r->value = r->len ? r->value : NULL;
		return 0;
	}
	if (number == FIELD_EXPIRE && type == TYPE_I64) {
		if (read_number(in, 8, &expire) < 0)
			return -EBADMSG;
		r->has_expire = true;
		r->expire_ns = (int64_t)expire;
		return 0;
	}
	return skip(in, type, 0);
}

static int thrift_decode(struct codec_response *r, const char *bytes,
                         size_t len)
{
	struct reader in = { (const unsigned char *)bytes, len };
	uint64_t type;

	*r = (struct codec_response){ 0 };
	for (;;) {
		if (read_number(&in, 1, &type) < 0)
			return -EBADMSG;
		if (type == TYPE_STOP)
			return in.left ? -EBADMSG : 0;
		if (read_field(&in, r, type) < 0)
			return -EBADMSG;
	}
}

const struct codec_ops codec_thrift = {
	.name = "thrift",
	.encode = thrift_encode,
	.decode = thrift_decode,
};
