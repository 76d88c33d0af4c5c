/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_silence_is_down_at_once(void **state)
{
	struct health h;

	(void)state;
	health_init(&h, 100);
	assert_true(h.up);
	assert_true(health_note(&h, HEALTH_SILENT, false, 200));
	assert_false(h.up);
	assert_int_equal(h.since_ms, 200);
	/* It is not news. */
	assert_false(health_note(&h, HEALTH_SILENT, true, 300));
	assert_false(health_note(&h, HEALTH_FAILED, true, 300));
	assert_int_equal(h.since_ms, 200);
}

static void test_other_failures_take_some_in_a_row(void **state)
{
	struct health h;

	(void)state;
	health_init(&h, 0);
	for (int n = 0; n < 10; n++) {
		for (int i = 1; i < HEALTH_FAILURES; i++)
			assert_false(health_note(&h, HEALTH_FAILED, i % 2, n));
		assert_false(health_note(&h, HEALTH_OK, false, n));
	}
	for (int i = 1; i < HEALTH_FAILURES; i++)
		assert_false(health_note(&h, HEALTH_FAILED, false, 20));
	assert_true(health_note(&h, HEALTH_FAILED, true, 20));
	assert_false(h.up);
}

static void test_only_heartbeats_bring_it_back(void **state)
{
	struct health h;

	(void)state;
	health_init(&h, 0);
	/* Up for long enough before: one is enough. */
	assert_true(health_note(&h, HEALTH_SILENT, false, HEALTH_CALM_MS + 1));
	assert_false(health_note(&h, HEALTH_OK, false, HEALTH_CALM_MS + 2));
	assert_false(h.up);
	assert_true(health_note(&h, HEALTH_OK, true, HEALTH_CALM_MS + 3));
	assert_true(h.up);
	assert_int_equal(h.since_ms, HEALTH_CALM_MS + 3);
}

/* Heartbeats until it is up again. */
static unsigned int beats_back(struct health *h, int64_t now)
{
	unsigned int n = 0;

	assert_true(health_note(h, HEALTH_SILENT, true, now));
	do
		n++;
	while (!health_note(h, HEALTH_OK, true, now) && n < 100);
	return n;
}

static void test_who_comes_and_goes_has_to_prove_more(void **state)
{
	unsigned int last = 0;
	struct health h;

	(void)state;
	health_init(&h, 0);
	for (int n = 0; n < 10; n++) {
		unsigned int beats = beats_back(&h, n);

		assert_true(beats >= last);
		assert_true(beats <= HEALTH_OKS_MAX);
		last = beats;
	}
	assert_int_equal(last, HEALTH_OKS_MAX);
	/* A failure between begins again. */
	assert_true(health_note(&h, HEALTH_SILENT, true, 20));
	for (int n = 1; n < HEALTH_OKS_MAX; n++)
		assert_false(health_note(&h, HEALTH_OK, true, 20));
	assert_false(health_note(&h, HEALTH_FAILED, true, 20));
	for (int n = 1; n < HEALTH_OKS_MAX; n++)
		assert_false(health_note(&h, HEALTH_OK, true, 20));
	assert_true(health_note(&h, HEALTH_OK, true, 20));
	/* Calm is rewarded. */
	assert_int_equal(beats_back(&h, 21 + HEALTH_CALM_MS), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence_is_down_at_once),
		cmocka_unit_test(test_other_failures_take_some_in_a_row),
		cmocka_unit_test(test_only_heartbeats_bring_it_back),
		cmocka_unit_test(test_who_comes_and_goes_has_to_prove_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
