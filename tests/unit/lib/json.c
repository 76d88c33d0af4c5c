/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The expected spellings are those of Go 1.19's encoding/json. */
#include "lib/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_bytes(const char *bytes, size_t n, const char *json)
{
	struct buf out;

	buf_init(&out, 4096);
	assert_int_equal(json_string(&out, bytes, n), 0);
	assert_int_equal(buf_append(&out, "", 1), 0);
	assert_string_equal(out.data, json);
	buf_release(&out);
}

static void expect_json(const char *text, const char *json)
{
	expect_bytes(text, strlen(text), json);
}

static void test_plain(void **state)
{
	(void)state;
	expect_json("", "\"\"");
	expect_json("pong", "\"pong\"");
	expect_json("a/b 'c' \x7f", "\"a/b 'c' \x7f\"");
	expect_json("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	            "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	expect_bytes(NULL, 0, "\"\"");
}

static void test_escapes(void **state)
{
	(void)state;
	expect_json("\"\\", "\"\\\"\\\\\"");
	expect_json("\n\r\t", "\"\\n\\r\\t\"");
	expect_json("\b\f\x1f\x01", "\"\\u0008\\u000c\\u001f\\u0001\"");
	expect_json("<a href='&'>", "\"\\u003ca href='\\u0026'\\u003e\"");
	expect_json("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa",
	            "\"\\u2028\\u2029\xe2\x80\xaa\"");
	expect_bytes("a\0b", 3, "\"a\\u0000b\"");
}

#define BAD "\\ufffd"

static void test_bad_utf8(void **state)
{
	(void)state;
	expect_json("a\xff"
	            "b",
	            "\"a" BAD "b\"");
	expect_json("\x80\xbf", "\"" BAD BAD "\"");
	expect_json("\xc0\x80", "\"" BAD BAD "\"");         /* overlong */
	expect_json("\xc1\xbf", "\"" BAD BAD "\"");         /* overlong */
	expect_json("\xe0\x9f\xbf", "\"" BAD BAD BAD "\""); /* overlong */
	expect_json("\xf0\x8f\xbf\xbf", "\"" BAD BAD BAD BAD "\"");
	expect_json("\xed\xa0\x80", "\"" BAD BAD BAD "\""); /* a surrogate */
	expect_json("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\"");
	expect_json("\xf5\x80\x80\x80", "\"" BAD BAD BAD BAD "\"");
	expect_json("\xe2\x82", "\"" BAD BAD "\""); /* cut short */
	expect_json("\xe2\x82x", "\"" BAD BAD "x\"");
	expect_json("\xc3\xc3\xa9", "\"" BAD "\xc3\xa9\"");
	expect_json("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
}

/* Whatever the room, it fits or is refused. */
static void test_room(void **state)
{
	(void)state;
	for (size_t max = 0; max < 20; max++) {
		struct buf out;
		int err;

		buf_init(&out, max);
		err = json_string(&out, "a\n\x01\xff", 4);
		assert_int_equal(err, max < 17 ? -EFBIG : 0);
		assert_true(out.len <= max);
		buf_release(&out);
	}
}

#define BYTES(text) text, sizeof(text) - 1

static void quotes(const char *bytes, size_t len, const char *expected)
{
	char out[256];
	size_t n = json_quote(bytes, len, out, sizeof(out));

	assert_int_equal(n, strlen(expected));
	assert_memory_equal(out, expected, n);
}

static void test_quote(void **state)
{
	(void)state;
	quotes(BYTES(""), "\"\"");
	quotes(BYTES("a/b c"), "\"a/b c\"");
	quotes(BYTES("\"\\"), "\"\\\"\\\\\"");
	quotes(BYTES("a\0\n\x1f\x7f"), "\"a\\u0000\\n\\u001f\\u007f\"");
	/* C1: a terminal may obey these. */
	quotes(BYTES("\xc2\x9b"), "\"\\u009b\"");
	quotes(BYTES("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x8c"),
	       "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x8c\"");
}

static void test_quote_bad_utf8(void **state)
{
	(void)state;
	quotes(BYTES("a\xff"), "\"a" BAD "\"");
	quotes(BYTES("\xe2\x82"), "\"" BAD BAD "\"");
}

/* Of a copy without a byte to spare, so that sanitizers see each overrun. */
static void test_cut_at_any_size(void **state)
{
	static const char text[] = "a\n\"\xc3\xbc\xff\xf0\x9f\x90\x8c";
	size_t len = sizeof(text) - 1, whole;
	char *in = malloc(len), full[JSON_QUOTED_MAX(sizeof(text))];

	(void)state;
	assert_non_null(in);
	memcpy(in, text, len);
	whole = json_quote(in, len, full, sizeof(full));
	for (size_t size = 2; size <= whole; size++) {
		char *out = malloc(size);
		size_t n;

		assert_non_null(out);
		n = json_quote(in, len, out, size);
		assert_in_range(n, 2, size);
		assert_memory_equal(out, full, n - 1);
		assert_int_equal(out[n - 1], '"');
		free(out);
	}
	free(in);
}

static void test_no_bytes_need_more_than_the_maximum(void **state)
{
	char in[256], out[JSON_QUOTED_MAX(sizeof(in)) + 1];
	size_t n;

	(void)state;
	for (int c = 0; c < 256; c++) {
		memset(in, c, sizeof(in));
		n = json_quote(in, sizeof(in), out, sizeof(out));
		assert_true(n <= JSON_QUOTED_MAX(sizeof(in)));
		/* The same as with one byte less: it was whole. */
		assert_int_equal(
		        json_quote(in, sizeof(in), out, sizeof(out) - 1), n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_bad_utf8),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_quote_bad_utf8),
		cmocka_unit_test(test_cut_at_any_size),
		cmocka_unit_test(test_no_bytes_need_more_than_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
