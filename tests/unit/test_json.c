/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The expected spellings are those of Go 1.19's encoding/json. */
#include "json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_bad_utf8),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
