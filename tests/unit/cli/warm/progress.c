/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warm/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char text[PROGRESS_TEXT_MAX];

static const char *bar(const struct progress *p, int64_t now, int columns)
{
	size_t len = progress_bar(p, now, columns, text);

	assert_int_equal(len, strlen(text));
	assert_in_range(len, 0, columns > 1 ? columns - 1 : 1);
	return text;
}

static void test_bar(void **state)
{
	struct progress p;

	(void)state;
	progress_init(&p, 1000, 5000);
	assert_string_equal(bar(&p, 5000, 60),
	                    "  0% [>                     ] 0/1000  0  0/s 0/s"
	                    "  -:-- left");
	p.done = 430;
	p.bytes = 1300000;
	p.failed = 3;
	progress_tick(&p, 7000);
	assert_string_equal(
	        bar(&p, 7000, 80),
	        " 43% [=========>            ] 430/1000  3 failed  1.2M"
	        "  215/s 635K/s  0:03 left");
	/* The bar goes first, then the end of the text. */
	assert_string_equal(bar(&p, 7000, 60),
	                    " 43% 430/1000  3 failed  1.2M  215/s 635K/s"
	                    "  0:03 left");
	assert_string_equal(bar(&p, 7000, 20), " 43% 430/1000  3 fa");
	p.done = 1000;
	progress_end(&p);
	assert_string_equal(bar(&p, 15000, 70),
	                    "100% [================] 1000/1000  3 failed  1.2M"
	                    "  100/s 127K/s  0:10");
}

static void test_no_total(void **state)
{
	struct progress p;

	(void)state;
	progress_init(&p, 0, 0);
	p.done = 12;
	p.bytes = 999;
	progress_tick(&p, 1000);
	assert_string_equal(bar(&p, 1000, 80), "12  999  12/s 999/s  0:01");
	progress_line(&p, 1000, text);
	assert_string_equal(text,
	                    "12 keys, 999B in 0:01, 12/s, 999B/s, 0 failed");
	/* A list that grew: no more than 100 percent. */
	p.total = 5;
	assert_string_equal(bar(&p, 1000, 80), "12  999  12/s 999/s  0:01");
}

static void test_line(void **state)
{
	struct progress p;

	(void)state;
	progress_init(&p, 200, 0);
	p.done = 86;
	p.failed = 1;
	progress_tick(&p, 2000);
	progress_line(&p, 3723000, text);
	assert_string_equal(text, "86 of 200 keys (43%), 0B in 1:02:03, 0.0/s, "
	                          "0B/s, 1 failed");
	p.done = 200;
	progress_end(&p);
	progress_line(&p, 400000, text);
	assert_string_equal(text,
	                    "200 keys, 0B in 6:40, 0.5/s, 0B/s, 1 failed");
}

/* The rate of keys a second that the line tells. */
static double rate(struct progress *p, int64_t now)
{
	double per_second = -1;

	progress_line(p, now, text);
	sscanf(strrchr(text, ':') + 5, "%lf", &per_second);
	return per_second;
}

/* What was long ago does not count for ever. */
static void test_rate(void **state)
{
	struct progress p;
	int64_t now = 0;

	(void)state;
	progress_init(&p, 100000, 0);
	for (; now < 9900; now += 100) {
		progress_tick(&p, now);
		p.done += 9;
	}
	assert_in_range((long)rate(&p, now), 88, 92);
	for (; now < 30000; now += 100) {
		progress_tick(&p, now);
		p.done += 1;
	}
	assert_in_range((long)rate(&p, now), 9, 11);
	/* Looked at twice at the same time. */
	progress_tick(&p, now);
	progress_tick(&p, now);
	assert_in_range((long)rate(&p, now), 9, 11);
}

static void test_extremes(void **state)
{
	struct progress p;

	(void)state;
	progress_init(&p, UINT64_MAX, 0);
	p.done = p.failed = p.bytes = UINT64_MAX - 1;
	progress_tick(&p, 1);
	for (int columns = 0; columns < 2000; columns++)
		bar(&p, INT64_MAX / 2, columns);
	p.done = 1;
	progress_tick(&p, 1000000000);
	for (int columns = 0; columns < 300; columns++)
		bar(&p, 1000000001, columns);
	progress_line(&p, INT64_MAX / 2, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bar),
		cmocka_unit_test(test_no_total),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
