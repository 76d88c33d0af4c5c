/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/conditional.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TAG      "\"v1\""
#define MODIFIED 784111777 /* the date of RFC 9110 */
#define AT       "Sun, 06 Nov 1994 08:49:37 GMT"
#define BEFORE   "Sun, 06 Nov 1994 08:49:36 GMT"
#define AFTER    "Sun, 06 Nov 1994 08:49:38 GMT"

static int none_match(const char *list)
{
	struct conditions c = { .none_match = list };

	return conditions_check(&c, TAG, MODIFIED);
}

static int match(const char *list)
{
	struct conditions c = { .match = list };

	return conditions_check(&c, TAG, MODIFIED);
}

static void test_lists_of_tags(void **state)
{
	static const char *const with[] = {
		"\"v1\"",
		"*",
		" * ",
		"\"a\", \"v1\"",
		"\"a\",\"v1\",\"b\"",
		",,\t\"v1\"",
		"\"\", \"v1\"",
		"\"a,b\", \"v1\"",
		"W/\"a\", \"v1\"",
		"\"\xc3\xa9\" , \"v1\"",
	};
	static const char *const without[] = {
		"",          "v1",          "\"v1",    "\"v2\"",  "\"v1 \"",
		"\"V1\"",    "'v1'",        "\"v11\"", "w\"v1\"", "\"a\", v1",
		"x, \"v1\"", "\"a\" \"b\"", "\"\"",    "W/",      "\"v\\1\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(with) / sizeof(*with); i++) {
		assert_int_equal(none_match(with[i]), 304);
		assert_int_equal(match(with[i]), 200);
	}
	for (size_t i = 0; i < sizeof(without) / sizeof(*without); i++) {
		assert_int_equal(none_match(without[i]), 200);
		assert_int_equal(match(without[i]), 412);
	}
}

/* RFC 9110 section 8.8.3.2. */
static void test_weak_tags(void **state)
{
	(void)state;
	assert_int_equal(none_match("W/\"v1\""), 304);
	assert_int_equal(match("W/\"v1\""), 412);
	assert_int_equal(match("W/\"v1\", \"v1\""), 200);
}

static int since(const char *modified, const char *unmodified)
{
	struct conditions c = { .modified_since = modified,
		                .unmodified_since = unmodified };

	return conditions_check(&c, TAG, MODIFIED);
}

static void test_dates(void **state)
{
	(void)state;
	assert_int_equal(since(NULL, NULL), 200);
	assert_int_equal(since(AT, NULL), 304);
	assert_int_equal(since(AFTER, NULL), 304);
	assert_int_equal(since(BEFORE, NULL), 200);
	assert_int_equal(since("yesterday", NULL), 200);
	assert_int_equal(since("", NULL), 200);
	assert_int_equal(since(NULL, AT), 200);
	assert_int_equal(since(NULL, AFTER), 200);
	assert_int_equal(since(NULL, BEFORE), 412);
	assert_int_equal(since(NULL, "yesterday"), 200);
}

/* RFC 9110 section 13.2.2: tags before dates, 412 before 304. */
static void test_precedence(void **state)
{
	struct conditions c = { .none_match = "\"other\"",
		                .modified_since = AFTER };

	(void)state;
	assert_int_equal(conditions_check(&c, TAG, MODIFIED), 200);
	c = (struct conditions){ .match = TAG, .unmodified_since = BEFORE };
	assert_int_equal(conditions_check(&c, TAG, MODIFIED), 200);
	c = (struct conditions){ .match = "\"other\"", .none_match = TAG };
	assert_int_equal(conditions_check(&c, TAG, MODIFIED), 412);
	c = (struct conditions){ .match = TAG, .none_match = TAG };
	assert_int_equal(conditions_check(&c, TAG, MODIFIED), 304);
}

static void test_if_range(void **state)
{
	(void)state;
	assert_true(if_range_holds(NULL, TAG));
	assert_true(if_range_holds(TAG, TAG));
	assert_false(if_range_holds("W/" TAG, TAG));
	assert_false(if_range_holds("\"v2\"", TAG));
	assert_false(if_range_holds(AT, TAG));
	assert_false(if_range_holds("", TAG));
}

static void test_strong_tags(void **state)
{
	(void)state;
	assert_true(etag_is_strong("\"\""));
	assert_true(etag_is_strong("\"a-b:c/\xff\""));
	assert_false(etag_is_strong("W/\"a\""));
	assert_false(etag_is_strong(""));
	assert_false(etag_is_strong("a"));
	assert_false(etag_is_strong("\""));
	assert_false(etag_is_strong("\"a"));
	assert_false(etag_is_strong("\"a\"b"));
	assert_false(etag_is_strong("\"a b\""));
	assert_false(etag_is_strong("\"a\x7f\""));
	assert_false(etag_is_strong("\"a\r\n\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists_of_tags),
		cmocka_unit_test(test_weak_tags),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_if_range),
		cmocka_unit_test(test_strong_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
