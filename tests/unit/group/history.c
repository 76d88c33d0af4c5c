/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "group/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const struct history *h, const char *text)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	assert_int_equal(history_print(h, &out), 0);
	assert_string_equal(out.data, text);
	buf_release(&out);
}

static void test_it_shows_what_was_gained(void **state)
{
	struct history h = { .count = 0 };

	(void)state;
	expect(&h, "gets= loads= errors=");
	history_add(&h, (uint64_t[]){ 10, 4, 1 });
	history_add(&h, (uint64_t[]){ 15, 4, 3 });
	expect(&h, "gets=10,5 loads=4,0 errors=1,2");
}

static void test_the_oldest_go(void **state)
{
	struct history *h = calloc(1, sizeof(*h));
	struct buf out;
	size_t numbers = 1;

	(void)state;
	for (uint64_t n = 1; n <= HISTORY_SAMPLES + 2; n++)
		history_add(h, (uint64_t[]){ n * n, 0, 0 });
	buf_init(&out, 1 << 20);
	assert_int_equal(history_print(h, &out), 0);
	/* The gain of the third sample. */
	assert_int_equal(strncmp(out.data, "gets=5,7,", 9), 0);
	for (const char *c = out.data; *c != ' '; c++)
		numbers += *c == ',';
	assert_int_equal(numbers, HISTORY_SAMPLES);
	buf_release(&out);
	free(h);
}

static void test_a_gain_has_a_maximum(void **state)
{
	struct history h = { .count = 0 };

	(void)state;
	history_add(&h, (uint64_t[]){ UINT64_C(1) << 40, 0, 0 });
	history_add(&h, (uint64_t[]){ (UINT64_C(1) << 40) + 1, 0, 0 });
	expect(&h, "gets=4294967295,1 loads=0,0 errors=0,0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_shows_what_was_gained),
		cmocka_unit_test(test_the_oldest_go),
		cmocka_unit_test(test_a_gain_has_a_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
