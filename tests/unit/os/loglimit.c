/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/loglimit.h"

#include "lib/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define FIRST  3
#define WINDOW 1000

static struct loglimit limit;

static int setup(void **state)
{
	(void)state;
	return loglimit_init(&limit, FIRST, WINDOW);
}

static int teardown(void **state)
{
	(void)state;
	loglimit_release(&limit);
	return 0;
}

static bool pass(const char *site, const char *group, const char *error,
                 int64_t now)
{
	struct log_about about = { .group = group, .error = error };
	struct loglimit_event e = { LOG_LVL_WARN, site, "no luck", &about };
	bool opened;

	return loglimit_pass(&limit, &e, now, &opened);
}

static unsigned int passed(const char *site, const char *group, unsigned int n,
                           int64_t now)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < n; i++)
		count += pass(site, group, "first", now);
	return count;
}

static void test_the_first_pass_the_others_are_counted(void **state)
{
	struct loglimit_summary s;

	(void)state;
	assert_int_equal(passed("load", "g", 10, 0), FIRST);
	assert_false(pass("load", "g", "last", WINDOW - 1));
	assert_int_equal(loglimit_due(&limit), WINDOW);
	assert_false(loglimit_next(&limit, WINDOW - 1, false, &s));
	assert_true(loglimit_next(&limit, WINDOW, false, &s));
	assert_int_equal(s.level, LOG_LVL_WARN);
	assert_int_equal(s.count, 10 - FIRST + 1);
	assert_int_equal(s.ms, WINDOW);
	assert_string_equal(s.group, "g");
	assert_string_equal(s.peer, "");
	assert_string_equal(s.msg, "no luck");
	assert_string_equal(s.error, "last");
	assert_false(loglimit_next(&limit, WINDOW, false, &s));
}

static void test_more_of_the_same_lets_one_pass_a_window(void **state)
{
	struct loglimit_summary s;
	int64_t now = 0;

	(void)state;
	assert_int_equal(passed("load", "g", 10, now), FIRST);
	for (int i = 0; i < 5; i++) {
		now += WINDOW;
		assert_true(loglimit_next(&limit, now, false, &s));
		assert_int_equal(passed("load", "g", 10, now), 1);
	}
	/* The last window with something; then one without; then peace. */
	assert_true(loglimit_next(&limit, now += WINDOW, false, &s));
	assert_int_equal(s.count, 9);
	assert_false(loglimit_next(&limit, now += WINDOW, false, &s));
	assert_int_equal(loglimit_due(&limit), CLOCK_NEVER);
	assert_int_equal(passed("load", "g", 10, now), FIRST);
}

static void test_few_make_no_summary(void **state)
{
	struct loglimit_summary s;

	(void)state;
	assert_int_equal(passed("load", "g", FIRST, 0), FIRST);
	assert_false(loglimit_next(&limit, WINDOW, false, &s));
	assert_int_equal(loglimit_due(&limit), CLOCK_NEVER);
}

static void test_others_are_not_hidden(void **state)
{
	static const char *const sites[] = { "load", "keep" };
	struct log_about peer = { .peer = "g" };
	struct loglimit_event e = { LOG_LVL_WARN, sites[0], "x", &peer };
	struct loglimit_summary s;
	bool opened;

	(void)state;
	assert_int_equal(passed(sites[0], "g", 100, 0), FIRST);
	assert_int_equal(passed(sites[0], "h", 100, 1), FIRST);
	assert_int_equal(passed(sites[1], "g", 100, 2), FIRST);
	assert_true(loglimit_pass(&limit, &e, 3, &opened));
	assert_true(opened);
	/* About nothing at all. */
	e.about = NULL;
	assert_true(loglimit_pass(&limit, &e, 4, &opened));
	assert_true(opened);
	for (int i = 0; i < 3; i++)
		assert_true(loglimit_next(&limit, WINDOW + 4, false, &s));
	assert_false(loglimit_next(&limit, WINDOW + 4, false, &s));
}

static void test_at_the_end_all_is_said(void **state)
{
	struct loglimit_summary s;
	unsigned int sum = 0;

	(void)state;
	passed("load", "g", 10, 0);
	passed("load", "h", 20, 0);
	passed("load", "i", FIRST, 0);
	while (loglimit_next(&limit, 1, true, &s))
		sum += s.count;
	assert_int_equal(sum, 30 - 2 * FIRST);
	assert_int_equal(loglimit_due(&limit), CLOCK_NEVER);
}

static void test_too_many_all_pass(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < LOGLIMIT_MAX; i++) {
		snprintf(name, sizeof(name), "group %d", i);
		assert_int_equal(passed("load", name, FIRST, 0), FIRST);
	}
	assert_int_equal(passed("load", "one more", 100, 0), 100);
	assert_int_equal(passed("load", "group 7", 100, 0), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_pass_the_others_are_counted),
		TEST(test_more_of_the_same_lets_one_pass_a_window),
		TEST(test_few_make_no_summary),
		TEST(test_others_are_not_hidden),
		TEST(test_at_the_end_all_is_said),
		TEST(test_too_many_all_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
