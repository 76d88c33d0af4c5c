/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_bounds_rise(void **state)
{
	(void)state;
	for (int n = 1; n < HISTOGRAM_BOUNDS; n++)
		assert_true(histogram_bounds[n] > histogram_bounds[n - 1]);
}

static void test_a_bound_is_included(void **state)
{
	struct histogram h = { .sum_us = 0 };
	struct histogram_figures f;

	(void)state;
	histogram_add(&h, histogram_bounds[3]);
	f = histogram_read(&h);
	assert_int_equal(f.upto[2], 0);
	assert_int_equal(f.upto[3], 1);
	assert_int_equal(f.upto[HISTOGRAM_BOUNDS - 1], 1);
	assert_int_equal(f.count, 1);
}

static void test_the_extremes_count(void **state)
{
	struct histogram h = { .sum_us = 0 };
	struct histogram_figures f;
	int64_t last = histogram_bounds[HISTOGRAM_BOUNDS - 1];

	(void)state;
	histogram_add(&h, -5); /* a clock that was set */
	histogram_add(&h, 0);
	histogram_add(&h, last + 1);
	f = histogram_read(&h);
	assert_int_equal(f.upto[0], 2);
	assert_int_equal(f.upto[HISTOGRAM_BOUNDS - 1], 2);
	assert_int_equal(f.count, 3);
	assert_int_equal(f.sum_us, last + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds_rise),
		cmocka_unit_test(test_a_bound_is_included),
		cmocka_unit_test(test_the_extremes_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
