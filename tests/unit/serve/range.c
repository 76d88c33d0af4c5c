/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect_range(const char *header, size_t size, enum range_kind kind,
                         size_t from, size_t len)
{
	struct range r = range_parse(header, size);

	if (r.kind != kind || r.from != from || r.len != len)
		fail_msg("'%s' of %zu: kind %d, %zu bytes from %zu", header,
		         size, (int)r.kind, r.len, r.from);
}

/* RFC 9110 section 14.1.2 has the examples. */
static void test_one_range(void **state)
{
	(void)state;
	expect_range("bytes=0-499", 10000, RANGE_PART, 0, 500);
	expect_range("bytes=500-999", 10000, RANGE_PART, 500, 500);
	expect_range("bytes=-500", 10000, RANGE_PART, 9500, 500);
	expect_range("bytes=9500-", 10000, RANGE_PART, 9500, 500);
	expect_range("bytes=0-0", 10000, RANGE_PART, 0, 1);
	expect_range("bytes=-1", 10000, RANGE_PART, 9999, 1);
	expect_range("Bytes= 1-2 ", 10000, RANGE_PART, 1, 2);
	expect_range("bytes=007-008", 10, RANGE_PART, 7, 2);
}

static void test_ends_are_cut(void **state)
{
	(void)state;
	expect_range("bytes=5-99", 10, RANGE_PART, 5, 5);
	expect_range("bytes=9-10", 10, RANGE_PART, 9, 1);
	expect_range("bytes=-99", 10, RANGE_PART, 0, 10);
	expect_range("bytes=0-", 10, RANGE_PART, 0, 10);
	expect_range("bytes=0-99999999999999999999999", 10, RANGE_PART, 0, 10);
	expect_range("bytes=3-18446744073709551615", 10, RANGE_PART, 3, 7);
	expect_range("bytes=-18446744073709551616", 10, RANGE_PART, 0, 10);
}

static void test_beyond_the_end(void **state)
{
	(void)state;
	expect_range("bytes=10-", 10, RANGE_BEYOND, 10, 0);
	expect_range("bytes=10-20", 10, RANGE_BEYOND, 10, 0);
	expect_range("bytes=99999999999999999999999-", 10, RANGE_BEYOND, 10, 0);
	expect_range("bytes=-0", 10, RANGE_BEYOND, 10, 0);
}

static void test_nonsense_is_the_whole(void **state)
{
	static const char *const headers[] = {
		"",           "bytes",      "bytes=",       "bytes=-",
		"bytes=a-b",  "bytes=1",    "bytes=5-4",    "bytes=1-2,4-5",
		"bytes=1-2x", "bytes=+1-2", "bytes=1 - 2",  "bytes=1--2",
		"lines=1-2",  "1-2",        "bytes:1-2",    "bytes=0x1-2",
		"bytes=--1",  "bytes=1-2;", "bytes=1-2 3-", "bytes =1-2",
	};

	(void)state;
	expect_range(NULL, 10, RANGE_WHOLE, 0, 10);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		expect_range(headers[i], 10, RANGE_WHOLE, 0, 10);
}

static void test_nothing_has_no_parts(void **state)
{
	(void)state;
	expect_range("bytes=0-", 0, RANGE_WHOLE, 0, 0);
	expect_range("bytes=0-5", 0, RANGE_WHOLE, 0, 0);
	expect_range("bytes=-5", 0, RANGE_WHOLE, 0, 0);
	expect_range("bytes=5-", 0, RANGE_WHOLE, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_range),
		cmocka_unit_test(test_ends_are_cut),
		cmocka_unit_test(test_beyond_the_end),
		cmocka_unit_test(test_nonsense_is_the_whole),
		cmocka_unit_test(test_nothing_has_no_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
