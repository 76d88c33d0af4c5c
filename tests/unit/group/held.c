/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "group/held.h"

#include "lib/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cached.h"

static struct held held;

static int setup(void **state)
{
	struct held_limits limits = { .capacity = 1 << 16,
		                      .max_value = 1 << 17,
		                      .stale_ms = 100,
		                      .peers = true };

	(void)state;
	held = (struct held){ .shared = { 0 } };
	return held_init(&held, evict_find("lru"), limits);
}

static int teardown(void **state)
{
	(void)state;
	held_release(&held);
	return 0;
}

/* It came at 0, to expire at 5000; returns where it went and, in *until, how
 * long it may be given out. */
static enum held_tier keep(const char *key, struct value *v,
                           enum held_tier tier, int64_t *until)
{
	struct held_arrival a = {
		.key = text(key), .value = v, .tier = tier, .expires_ms = 5000
	};
	enum held_tier kept = held_keep(&held, &a, 0);

	*until = a.expires_ms;
	return kept;
}

static enum held_tier keep_new(const char *key, size_t size,
                               enum held_tier tier, int64_t *until)
{
	struct value *v = value_made(NULL, size, NULL);
	enum held_tier kept = keep(key, v, tier, until);

	value_unref(v);
	return kept;
}

/* In how many tiers something is held for the key. */
static int copies(const char *key)
{
	int n = 0;

	for (int t = 0; t < HELD_TIERS; t++)
		n += cache_peek(&held.tiers[t], text(key), 0).state !=
		     CACHE_ABSENT;
	return n;
}

static void test_each_tier_keeps_what_is_for_it(void **state)
{
	int64_t until;

	(void)state;
	assert_int_equal(keep_new("a", 1, HELD_MAIN, &until), HELD_MAIN);
	assert_int_equal(until, 5000);
	assert_int_equal(keep_new("b", 1, HELD_HOT, &until), HELD_HOT);
	assert_int_equal(until, 5000);
	assert_int_equal(keep_new("c", 1, HELD_GRACE, &until), HELD_GRACE);
	assert_int_equal(until, GRACE_MS);
	assert_int_equal(held_peek(&held, text("c"), 999).state, CACHE_FRESH);
	assert_int_equal(held_peek(&held, text("c"), 1000).state, CACHE_ABSENT);
	assert_int_equal(held_peek(&held, text("b"), 5050).state, CACHE_STALE);
}

static void test_what_does_not_fit_gets_a_moment_of_grace(void **state)
{
	int64_t until;

	(void)state;
	assert_int_equal(keep_new("a", 1 << 17, HELD_MAIN, &until), HELD_GRACE);
	assert_int_equal(until, GRACE_MS);
	/* The hot part of the capacity is an eighth. */
	assert_int_equal(keep_new("b", 1 << 14, HELD_HOT, &until), HELD_GRACE);
	assert_int_equal(keep_new("c", 1 << 14, HELD_MAIN, &until), HELD_MAIN);
}

static void test_there_is_one_copy_of_a_key(void **state)
{
	int64_t until;

	(void)state;
	for (int from = 0; from < HELD_TIERS; from++)
		for (int to = 0; to < HELD_TIERS; to++) {
			held_remove(&held, text("k"));
			keep_new("k", 1, (enum held_tier)from, &until);
			/* It stays where it was, or moves to a better one. */
			assert_int_equal(
			        keep_new("k", 1, (enum held_tier)to, &until),
			        from < to ? from : to);
			assert_int_equal(copies("k"), 1);
		}
	held_keep_negative(&held, text("k"), 5000);
	assert_int_equal(copies("k"), 1);
	assert_int_equal(held_find(&held, text("k"), 0).state, CACHE_NEGATIVE);
	keep_new("k", 1, HELD_GRACE, &until);
	assert_int_equal(copies("k"), 1);
	assert_non_null(held_find(&held, text("k"), 0).value);
}

static void test_the_walk_leaves_out_grace_and_the_newborn(void **state)
{
	struct cache_found found;
	struct key key;
	uint64_t mark;
	int64_t until;
	size_t at = 0;

	(void)state;
	keep_new("a", 1, HELD_MAIN, &until);
	keep_new("b", 1, HELD_HOT, &until);
	keep_new("c", 1, HELD_GRACE, &until);
	mark = held.shared.births;
	keep_new("d", 1, HELD_MAIN, &until);
	assert_true(held_walk(&held, &at, mark, 0, &key, &found));
	assert_true(key_equal(key, text("a")));
	at++;
	assert_false(held_walk(&held, &at, mark, 0, &key, &found));
	assert_true(held_walk(&held, &at, mark, 0, &key, &found));
	assert_true(key_equal(key, text("b")));
	at++;
	assert_false(held_walk(&held, &at, mark, 0, &key, &found));
	assert_int_equal(at, SIZE_MAX);
	/* Whoever lists may say any position. */
	at = SIZE_MAX - 1;
	assert_false(held_walk(&held, &at, mark, 0, &key, &found));
	assert_int_equal(at, SIZE_MAX);
	assert_int_equal(held_figures(&held).items, 3);
	assert_int_equal(held_figures(&held).hot_items, 1);
}

static void test_all_tiers_are_swept_and_cleared(void **state)
{
	struct cache_entry *gone;
	int64_t until;
	int left = 0;

	(void)state;
	for (int n = 0; n < HELD_TIERS; n++)
		keep_new((const char[]){ (char)('a' + n), '\0' }, 1,
		         (enum held_tier)n, &until);
	assert_int_equal(held_due(&held), GRACE_MS);
	assert_int_equal(held_sweep(&held, GRACE_MS), 5100);
	held_clear(&held);
	while (held_step(&held))
		continue;
	assert_int_equal(held_due(&held), CLOCK_NEVER);
	for (gone = cache_take_gone(&held.shared); gone;
	     gone = cache_gone_next(gone))
		left++;
	assert_int_equal(left, HELD_TIERS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_tier_keeps_what_is_for_it),
		TEST(test_what_does_not_fit_gets_a_moment_of_grace),
		TEST(test_there_is_one_copy_of_a_key),
		TEST(test_the_walk_leaves_out_grace_and_the_newborn),
		TEST(test_all_tiers_are_swept_and_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
