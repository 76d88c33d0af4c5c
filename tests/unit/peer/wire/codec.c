/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/wire/codec.h"
#include "groupcache.pb-c.h"
#include "lib/buf.h"
#include "vectors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MESSAGE_MAX 65536
#define ROUNDS      3000

/* Encodes and puts the three parts together; the length. */
static size_t encode(const struct codec_ops *codec,
                     const struct dialect *dialect,
                     const struct codec_response *r, char *out)
{
	struct codec_frame f;

	assert_int_equal(codec->encode(&f, r, dialect), 0);
	assert_true(f.head_len <= CODEC_FRAME_MAX);
	assert_true(f.tail_len <= CODEC_FRAME_MAX);
	memcpy(out, f.head, f.head_len);
	if (r->len)
		memcpy(out + f.head_len, r->value, r->len);
	memcpy(out + f.head_len + r->len, f.tail, f.tail_len);
	return f.head_len + r->len + f.tail_len;
}

static void assert_response(const struct codec_response *got,
                            const struct codec_response *expected)
{
	assert_int_equal(got->len, expected->len);
	if (got->len)
		assert_memory_equal(got->value, expected->value, got->len);
	else
		assert_null(got->value);
	assert_int_equal(got->has_expire, expected->has_expire);
	assert_true(got->expire_ns == expected->expire_ns);
}

/* Decodes from memory that ends where the message does, so that a sanitizer
 * sees a byte read too many. */
static void assert_decodes(const struct codec_ops *codec, const char *message,
                           size_t len, const struct codec_response *expected)
{
	char *exact = malloc(len ? len : 1);
	struct codec_response got;

	memcpy(exact, message, len);
	assert_int_equal(codec->decode(&got, exact, len), 0);
	assert_response(&got, expected);
	if (got.len)
		assert_true(got.value > exact &&
		            got.value + got.len <= exact + len);
	free(exact);
}

static int decode(const char *codec, const char *message, size_t len)
{
	char *exact = malloc(len ? len : 1);
	struct codec_response r;
	int err;

	memcpy(exact, message, len);
	err = codec_find(codec)->decode(&r, exact, len);
	free(exact);
	return err;
}

static char bytes200[200];

/* What the rows of wire.tsv that are a GetResponse mean; `encodes` where we
 * would write the same, in the dialect given. */
static const struct {
	const char *name, *codec;
	struct codec_response r;
	const struct dialect *encodes;
} wire[] = {
	{ "GetResponse{value=pong}",
	  "protobuf",
	  { "pong", 4, false, 0 },
	  &dialect_groupcache },
	{ "GetResponse{value=empty non-nil}",
	  "protobuf",
	  { 0 },
	  &dialect_groupcache },
	{ "GetResponse{value=nil}", "protobuf", { 0 }, &dialect_dreamemo },
	{ "GetResponse{value=pong,minute_qps=1.5}",
	  "protobuf",
	  { "pong", 4, false, 0 },
	  NULL },
	{ "GetResponse{value=00..c7 (200 bytes)}",
	  "protobuf",
	  { bytes200, 200, false, 0 },
	  &dialect_groupcache },
	{ "GetRequest{group=hello,key=ping}", NULL, { 0 }, NULL },
	{ "GetResponse{value=pong,expire=0}",
	  "protobuf",
	  { "pong", 4, true, 0 },
	  &dialect_groupcache },
	{ "GetResponse{value=pong,expire=1700000000123456789}",
	  "protobuf",
	  { "pong", 4, true, INT64_C(1700000000123456789) },
	  &dialect_dreamemo },
	{ "SetRequest{group=hello,key=ping,value=pong,expire=0}",
	  NULL,
	  { 0 },
	  NULL },
	{ "SetRequest{group=hello,key=ping,value=pong,"
	  "expire=1700000000123456789}",
	  NULL,
	  { 0 },
	  NULL },
	{ "GetResponse{value=pong}",
	  "thrift",
	  { "pong", 4, false, 0 },
	  &dialect_dreamemo },
	{ "GetResponse{value=empty}", "thrift", { 0 }, &dialect_dreamemo },
};

static void wire_recorded(void **state)
{
	char message[1024];
	struct vector v;

	(void)state;
	for (int i = 0; i < 200; i++)
		bytes200[i] = (char)i;
	vector_open(&v, "wire.tsv");
	for (size_t i = 0; vector_next(&v); i++) {
		size_t len = unhex(v.field[2]);

		assert_true(i < sizeof(wire) / sizeof(*wire));
		assert_string_equal(v.field[0], wire[i].name);
		if (!wire[i].codec)
			continue;
		assert_decodes(codec_find(wire[i].codec), v.field[2], len,
		               &wire[i].r);
		if (!wire[i].encodes)
			continue;
		assert_int_equal(encode(codec_find(wire[i].codec),
		                        wire[i].encodes, &wire[i].r, message),
		                 len);
		assert_memory_equal(message, v.field[2], len);
	}
	assert_int_equal(v.rows, sizeof(wire) / sizeof(*wire));
}

/* Repeatable random numbers; small ones as likely as large ones. */
static uint64_t seed = 42;

static uint64_t draw(void)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (seed >> 11) >> (seed >> 58);
}

static struct codec_response random_response(char *value, size_t max)
{
	struct codec_response r = { .len = (size_t)(draw() % max) };

	for (size_t i = 0; i < r.len; i++)
		value[i] = (char)draw();
	r.value = r.len ? value : NULL;
	r.has_expire = draw() & 1;
	r.expire_ns = r.has_expire ? (int64_t)(draw() << (draw() % 12)) : 0;
	if (r.has_expire && draw() % 4 == 0)
		r.expire_ns = -r.expire_ns;
	return r;
}

/* What we write is what protobuf-c writes in one piece. */
static void same_as_protobuf_c_packs(void **state)
{
	static char value[MESSAGE_MAX], message[MESSAGE_MAX + 64];
	static uint8_t packed[MESSAGE_MAX + 64];

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct codec_response r =
		        random_response(value, i % 100 ? 300 : MESSAGE_MAX);
		Dreamfs__GetResponse m = DREAMFS__GET_RESPONSE__INIT;
		const struct dialect *d =
		        i & 1 ? &dialect_groupcache : &dialect_dreamemo;
		size_t len = encode(codec_find("protobuf"), d, &r, message);

		m.has_value = d == &dialect_groupcache || r.len;
		m.value.len = r.len;
		m.value.data = (uint8_t *)value;
		m.has_expire = r.has_expire;
		m.expire = r.expire_ns;
		assert_int_equal(dreamfs__get_response__get_packed_size(&m),
		                 len);
		dreamfs__get_response__pack(&m, packed);
		assert_memory_equal(packed, message, len);
		assert_decodes(codec_find("protobuf"), message, len, &r);
	}
}

static void put_varint(struct buf *b, uint64_t n)
{
	unsigned char byte;

	do {
		byte = (unsigned char)(n & 0x7f);
		n >>= 7;
		byte |= n ? 0x80 : 0;
		assert_int_equal(buf_append(b, &byte, 1), 0);
	} while (n);
}

static void put_field(struct buf *b, uint64_t number, unsigned int wire_type)
{
	static const char eight[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static char value[300];
	size_t len = (size_t)(draw() % sizeof(value));

	put_varint(b, number << 3 | wire_type);
	if (wire_type == 0)
		put_varint(b, draw() << (draw() % 12));
	if (wire_type == 1)
		assert_int_equal(buf_append(b, eight, 8), 0);
	if (wire_type == 5)
		assert_int_equal(buf_append(b, eight, 4), 0);
	if (wire_type != 2)
		return;
	for (size_t i = 0; i < len; i++)
		value[i] = (char)draw();
	put_varint(b, len);
	assert_int_equal(buf_append(b, value, len), 0);
}

/* Fields in any order, repeated, and unknown ones of every kind: we read what
 * protobuf-c reads. */
static void same_as_protobuf_c_unpacks(void **state)
{
	static const unsigned int types[] = { 0, 1, 2, 5 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		Dreamfs__GetResponse *m;
		struct codec_response r = { 0 };
		struct buf b;

		buf_init(&b, MESSAGE_MAX);
		assert_int_equal(buf_reserve(&b, 1), 0);
		for (uint64_t n = draw() % 8; n > 0; n--) {
			uint64_t field = draw() % 5;

			if (field == 0)
				put_field(&b, 1, 2);
			else if (field == 1)
				put_field(&b, 2, 1);
			else if (field == 2)
				put_field(&b, 3, 0);
			else
				put_field(&b, 4 + draw() % 3000,
				          types[draw() % 4]);
		}
		m = dreamfs__get_response__unpack(NULL, b.len,
		                                  (uint8_t *)b.data);
		assert_non_null(m);
		r.value = m->value.len ? (char *)m->value.data : NULL;
		r.len = m->value.len;
		r.has_expire = m->has_expire;
		r.expire_ns = m->expire;
		assert_decodes(codec_find("protobuf"), b.data, b.len, &r);
		dreamfs__get_response__free_unpacked(m, NULL);
		buf_release(&b);
	}
}

static void same_as_apache_thrift(void **state)
{
	static char message[MESSAGE_MAX];
	static const char command[] = "tests/helpers/thrift-messages.py";
	struct vector v;

	(void)state;
	vector_start(&v, popen(command, "r"), pclose, command);
	while (vector_next(&v)) {
		bool plain = strcmp(v.field[0], "plain") == 0;
		size_t len = unhex(v.field[3]), value_len = unhex(v.field[1]);
		struct codec_response r = {
			.value = value_len ? v.field[1] : NULL,
			.len = value_len,
			.has_expire = strcmp(v.field[2], "-") != 0,
			.expire_ns = strtoll(v.field[2], NULL, 10),
		};

		assert_decodes(codec_find("thrift"), v.field[3], len, &r);
		/* cut short it is never a message */
		for (size_t cut = 0; cut < len && cut < 400; cut++)
			assert_int_equal(decode("thrift", v.field[3], cut),
			                 -EBADMSG);
		if (!plain)
			continue;
		assert_int_equal(encode(codec_find("thrift"), &dialect_dreamemo,
		                        &r, message),
		                 len);
		assert_memory_equal(message, v.field[3], len);
	}
	assert_int_equal(v.rows, 110);
}

static void bad_protobuf(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "\x0a", 1 },         /* no length */
		{ "\x0a\x05pong", 6 }, /* shorter than it says */
		{ "\x0a\xff\xff\xff\xff\x07x", 7 },
		{ "\x0a\xff\xff\xff\xff\x0fx", 7 },    /* over 31 bits */
		{ "\x0a\x80\x80\x80\x80\x80\x00", 7 }, /* six bytes long */
		{ "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", 12 },
		{ "\x08\x01", 2 }, /* value as a varint */
		{ "\x10\x01", 2 }, /* minute_qps as a varint */
		{ "\x1a\x00", 2 }, /* expire as bytes */
		{ "\x18", 1 },     /* no number */
		{ "\x18\x80", 2 }, /* open-ended */
		{ "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11 },
		{ "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 },
		{ "\x11\x00\x00\x00", 4 }, /* half a double */
		{ "\x4d\x00\x00\x00", 4 }, /* three quarters of 32 bits */
		{ "\x00\x00", 2 },         /* field number 0 */
		{ "\x0b\x0c", 2 },         /* a group */
		{ "\x4e\x00", 2 },         /* wire types 6, 7 */
		{ "\x4f\x00", 2 },
		{ "\x80\x80\x80\x80\x10\x00", 6 }, /* tag over 32 bits */
		{ "\x80\x80\x80\x80\x80\x00", 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(decode("protobuf", bad[i].bytes, bad[i].len),
		                 -EBADMSG);
}

static void bad_thrift(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{ "", 0 },
		{ "\x00\x00", 2 },                         /* left over */
		{ "\x0b\x00\x01\xff\xff\xff\xff\x00", 8 }, /* negative */
		{ "\x0b\x00\x01\x7f\xff\xff\xffx", 8 },    /* huge */
		{ "\x0b\x00\x01\x00\x00\x00\x01\x00", 8 }, /* no stop */
		{ "\x01\x00\x09\x00", 4 },                 /* no such type */
		{ "\x10\x00\x09\x00", 4 },
		/* lists of more elements than bytes, of unknown ones */
		{ "\x0f\x00\x09\x03\x7f\xff\xff\xff\x00", 9 },
		{ "\x0f\x00\x09\x03\xff\xff\xff\xff\x00", 9 },
		{ "\x0f\x00\x09\x01\x00\x00\x00\x01\x00", 9 },
		{ "\x0d\x00\x09\x0b\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00",
		  14 },
		{ "\x80\x01\x00\x02\x00\x00\x00\x00", 8 }, /* with envelope */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(decode("thrift", bad[i].bytes, bad[i].len),
		                 -EBADMSG);
}

/* Structs within structs: 60 are skipped, a million are refused in time and
 * within the stack. */
static void deep_thrift(void **state)
{
	const size_t levels[] = { 60, 1000000 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		size_t len = levels[i] * 4 + 1;
		char *message = calloc(len, 1);

		for (size_t l = 0; l < levels[i]; l++)
			memcpy(message + 3 * l, "\x0c\x00\x09", 3);
		assert_int_equal(decode("thrift", message, len),
		                 i == 0 ? 0 : -EBADMSG);
		free(message);
	}
}

static void sizes(void **state)
{
	struct codec_response r = { .has_expire = true, .expire_ns = -1 };
	struct codec_frame f;

	(void)state;
	for (size_t i = 0; codec_table[i]; i++) {
		/* the longest frame there can be */
		r.len = CODEC_VALUE_MAX;
		assert_int_equal(
		        codec_table[i]->encode(&f, &r, &dialect_groupcache), 0);
		assert_true(f.head_len + r.len + f.tail_len <= INT32_MAX);
		r.len = CODEC_VALUE_MAX + 1;
		assert_int_equal(
		        codec_table[i]->encode(&f, &r, &dialect_groupcache),
		        -EFBIG);
	}
	assert_null(codec_find("json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wire_recorded),
		cmocka_unit_test(same_as_protobuf_c_packs),
		cmocka_unit_test(same_as_protobuf_c_unpacks),
		cmocka_unit_test(same_as_apache_thrift),
		cmocka_unit_test(bad_protobuf),
		cmocka_unit_test(bad_thrift),
		cmocka_unit_test(deep_thrift),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
