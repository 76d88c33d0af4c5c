/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/percent.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_decoded(const char *raw, bool plus, const char *bytes,
                           size_t n)
{
	char room[64];
	size_t len;

	assert_int_equal(percent_decode(raw, strlen(raw), plus, room, &len), 0);
	assert_int_equal(len, n);
	assert_memory_equal(room, bytes, n);
}

static void test_decoded(void **state)
{
	(void)state;
	expect_decoded("", false, "", 0);
	expect_decoded("a/b?c", false, "a/b?c", 5);
	expect_decoded("%41%2f%2F%00%ff%25", false, "A//\0\xff%", 6);
	expect_decoded("a+b%2B", false, "a+b+", 4);
	expect_decoded("a+b%2B", true, "a b+", 4);
}

static void test_refused(void **state)
{
	static const char *const wrong[] = { "%",   "a%",   "%4",  "%4g",
		                             "%g4", "%%41", "%-1", "% 1" };
	char room[8];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(percent_decode(wrong[i], strlen(wrong[i]),
		                                false, room, &len),
		                 -EINVAL);
}

static void test_read(void **state)
{
	(void)state;
	assert_int_equal(percent_read("%2f", 3), '/');
	assert_int_equal(percent_read("%fF!", 4), 0xff);
	assert_int_equal(percent_read("%2f", 2), -1);
	assert_int_equal(percent_read("a2f", 3), -1);
	/* a text ends where its NUL is, whatever was promised */
	assert_int_equal(percent_read("", PERCENT_LEN), -1);
	assert_int_equal(percent_read("%", PERCENT_LEN), -1);
	assert_int_equal(percent_read("%2", PERCENT_LEN), -1);
}

/* Every byte survives, and only RFC 3986's unreserved ones as they are. */
static void test_encoded(void **state)
{
	struct buf out;

	(void)state;
	for (int c = 0; c < 256; c++) {
		bool plain = c < 128 && c && (isalnum(c) || strchr("-._~", c));
		char byte = (char)c, room[PERCENT_LEN];
		size_t len;

		buf_init(&out, PERCENT_LEN);
		assert_int_equal(percent_encode(&out, &byte, 1), 0);
		assert_int_equal(out.len, plain ? 1 : PERCENT_LEN);
		assert_int_equal(
		        percent_decode(out.data, out.len, true, room, &len), 0);
		assert_int_equal(len, 1);
		assert_int_equal(room[0], byte);
		buf_release(&out);
	}
	buf_init(&out, 64);
	assert_int_equal(percent_encode(&out, "a b/\xff~", 6), 0);
	assert_int_equal(out.len, strlen("a%20b%2F%FF~"));
	assert_memory_equal(out.data, "a%20b%2F%FF~", out.len);
	buf_release(&out);
}

static void test_encoded_too_long(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4);
	assert_int_equal(percent_encode(&out, "//", 2), -EFBIG);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decoded),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_encoded),
		cmocka_unit_test(test_encoded_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
