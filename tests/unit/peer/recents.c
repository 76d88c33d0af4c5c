/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/recents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct key numbered(int n, char out[16])
{
	return key_of(out, (size_t)snprintf(out, 16, "k%d", n));
}

static bool known(const struct recents *r, struct key key, int64_t now)
{
	return recents_age(r, key, now) != RECENTS_NONE;
}

static void test_the_last_time_counts(void **state)
{
	struct recents r = { 0 };
	char a[16];

	(void)state;
	recents_add(&r, numbered(1, a), 1000);
	assert_int_equal(recents_age(&r, numbered(1, a), 1000), 0);
	assert_int_equal(recents_age(&r, numbered(1, a), 1700), 700);
	recents_add(&r, numbered(1, a), 1700);
	assert_int_equal(recents_age(&r, numbered(1, a), 1800), 100);
	recents_add_all(&r, 1750);
	assert_int_equal(recents_age(&r, numbered(1, a), 1800), 50);
}

static void test_for_a_while(void **state)
{
	struct recents r = { 0 };
	char a[16], b[16];

	(void)state;
	assert_false(known(&r, numbered(1, a), 0));
	recents_add(&r, numbered(1, a), 1000);
	assert_true(known(&r, numbered(1, a), 1000));
	assert_true(known(&r, numbered(1, a), 1000 + RECENTS_MS - 1));
	assert_false(known(&r, numbered(1, a), 1000 + RECENTS_MS));
	assert_false(known(&r, numbered(2, b), 1000));
}

static void test_all(void **state)
{
	struct recents r = { 0 };
	char a[16];

	(void)state;
	recents_add_all(&r, 1000);
	assert_true(known(&r, numbered(1, a), 1000 + RECENTS_MS - 1));
	assert_false(known(&r, numbered(1, a), 1000 + RECENTS_MS));
}

/* None is forgotten too early, however many there are. */
static void test_too_many_are_all(void **state)
{
	struct recents r = { 0 };
	char a[16];

	(void)state;
	for (int n = 0; n < RECENTS_MAX; n++)
		recents_add(&r, numbered(n, a), 1000);
	assert_false(known(&r, numbered(-1, a), 1000));
	recents_add(&r, numbered(RECENTS_MAX, a), 1001);
	for (int n = 0; n <= RECENTS_MAX; n++)
		assert_true(known(&r, numbered(n, a), 1001));
	assert_true(known(&r, numbered(-1, a), 1001));
	/* Later, there is room again. */
	recents_add(&r, numbered(1, a), 1001 + RECENTS_MS);
	assert_false(known(&r, numbered(-1, a), 1001 + RECENTS_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_last_time_counts),
		cmocka_unit_test(test_for_a_while),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_too_many_are_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
