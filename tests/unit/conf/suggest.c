/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = { "capacity", "policy", "ttl",  "timeout",
	                             "url",      "user",   "mode", NULL };

static void test_slips_are_recognised(void **state)
{
	static const char *const slips[][2] = {
		{ "capcity", "capacity" },
		{ "capaciyt", "capacity" },
		{ "capacityy", "capacity" },
		{ "policu", "policy" },
		{ "tll", "ttl" },
		{ "timeuot", "timeout" },
		{ "time_out", "timeout" },
		{ "ulr", "url" },
		{ "mod", "mode" },
		{ "ttl", "ttl" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++)
		assert_string_equal(suggest(slips[i][0], names), slips[i][1]);
}

static void test_other_words_are_left_alone(void **state)
{
	static const char *const others[] = { "",      "x",     "peers",
		                              "redis", "cap",   "elephant",
		                              "TTL",   "tiumot" };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(suggest(others[i], names));
}

static void test_the_nearest_wins_and_the_first_of_equals(void **state)
{
	static const char *const near[] = { "abcdxx", "abcdex", "abcdey",
		                            NULL };

	(void)state;
	assert_ptr_equal(suggest("abcdef", near), near[1]);
}

static void test_long_words_are_safe(void **state)
{
	static const char *const known[] = { "short", NULL };
	char word[5000];

	(void)state;
	memset(word, 's', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	assert_null(suggest(word, known));
	word[65] = '\0';
	assert_null(suggest(word, known));
	word[64] = '\0';
	assert_null(suggest(word, known));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slips_are_recognised),
		cmocka_unit_test(test_other_words_are_left_alone),
		cmocka_unit_test(test_the_nearest_wins_and_the_first_of_equals),
		cmocka_unit_test(test_long_words_are_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
