/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cache of many entries: no call touches more than a batch of them, however
 * many expire, are cleared, are in the way or change their policy at once, and
 * between the steps it works as ever.
 */
#include "cache/cache.h"

#include "cached.h"
#include "lib/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 7500, AMPLE = 1 << 26, LARGE = 1 << 20 };

static struct cache cache;
static struct cache_shared shared;

static struct key key_at(size_t i, char name[16])
{
	snprintf(name, 16, "k%zu", i);
	return text(name);
}

static void put_at(size_t i, int64_t expires_ms)
{
	struct value *v = value_made("v", 1, NULL);
	char name[16];

	assert_int_equal(
	        cache_put(&cache, key_at(i, name), v, expires_ms, false), 0);
	value_unref(v);
}

static bool is_held(size_t i)
{
	char name[16];

	return cache_peek(&cache, key_at(i, name), 0).state == CACHE_FRESH;
}

static void fill(int64_t expires_ms)
{
	for (size_t i = 0; i < KEYS; i++)
		put_at(i, expires_ms);
	assert_int_equal(cache.items, KEYS);
}

/* How many left since the last time, all of them for this reason. */
static size_t gone(enum cache_gone why)
{
	struct cache_entry *e = cache_take_gone(&shared);
	size_t n = 0;

	for (; e; e = cache_gone_next(e), n++) {
		struct value *value;
		struct key key;

		assert_int_equal(cache_gone_read(e, &key, &value), why);
	}
	return n;
}

static int setup(void **state)
{
	(void)state;
	shared = (struct cache_shared){ 0 };
	assert_int_equal(cache_init(&cache, evict_find("lru"), AMPLE, &shared),
	                 0);
	fill(100);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cache_release(&cache);
	return 0;
}

static void test_many_expire_at_once(void **state)
{
	size_t left = KEYS, n;

	(void)state;
	assert_int_equal(cache_sweep(&cache, 99), 100);
	for (int calls = 1; left > 0; calls++) {
		int64_t next = cache_sweep(&cache, 150);

		n = gone(GONE_EXPIRED);
		assert_true(n > 0 && n <= CACHE_BATCH && n <= left);
		left -= n;
		assert_int_equal(cache.items, left);
		assert_int_equal(next, left ? 150 : CLOCK_NEVER);
	}
	assert_int_equal(cache.expired, KEYS);
	assert_int_equal(cache.bytes, 0);
}

static void test_many_are_cleared(void **state)
{
	size_t left = KEYS, n;
	bool more;

	(void)state;
	cache_clear(&cache);
	/* Those that come meanwhile stay, whatever slot they get. */
	put_at(KEYS, CLOCK_NEVER);
	do {
		more = cache_step(&cache);
		n = gone(GONE_CLEARED);
		assert_true(n <= CACHE_BATCH && n <= left);
		left -= n;
		put_at(KEYS + 1 + left, CLOCK_NEVER);
	} while (more);
	assert_int_equal(left, 0);
	assert_true(is_held(KEYS));
	assert_true(is_held(KEYS + 1));
	assert_false(is_held(1));
	assert_false(cache_step(&cache));
}

/* Each clearing is for all that is held when it begins. */
static void test_clearing_again(void **state)
{
	(void)state;
	cache_clear(&cache);
	assert_true(cache_step(&cache));
	put_at(0, 100);
	cache_clear(&cache);
	while (cache_step(&cache))
		;
	assert_int_equal(gone(GONE_CLEARED), KEYS + 1);
	assert_int_equal(cache.items, 0);
}

static void test_a_walk_past_many(void **state)
{
	struct cache_found found;
	struct key key;
	size_t slot = 0, calls = 1;

	(void)state;
	put_at(KEYS, CLOCK_NEVER);
	while (!cache_walk(&cache, &slot, shared.births, 200, &key, &found)) {
		assert_int_equal(slot, calls * CACHE_BATCH);
		calls++;
	}
	assert_int_equal(calls, KEYS / CACHE_BATCH + 1);
	assert_int_equal(slot, KEYS);
	slot++;
	assert_false(
	        cache_walk(&cache, &slot, shared.births, 200, &key, &found));
	assert_int_equal(slot, SIZE_MAX);
}

static void test_a_smaller_capacity(void **state)
{
	uint64_t wanted = cache.bytes / 10, bytes;
	size_t n;
	bool more;

	(void)state;
	cache_set_capacity(&cache, wanted);
	assert_int_equal(gone(GONE_EVICTED), 0);
	do {
		bytes = cache.bytes;
		more = cache_step(&cache);
		n = gone(GONE_EVICTED);
		assert_true(n <= CACHE_BATCH);
		assert_true(cache.bytes <= cache.capacity);
		assert_true(!more || cache.bytes < bytes);
		/* Something new pushes out no more than it needs. */
		put_at(KEYS + (size_t)cache.items, 100);
		assert_true(gone(GONE_EVICTED) <= 2);
	} while (more);
	assert_int_equal(cache.capacity, wanted);
	/* The oldest went. */
	assert_false(is_held(0));
	assert_true(is_held(KEYS - 1));
}

static void test_a_capacity_that_changes_back(void **state)
{
	(void)state;
	cache_set_capacity(&cache, 1000);
	assert_true(cache_step(&cache));
	cache_set_capacity(&cache, AMPLE);
	assert_false(cache_step(&cache));
	assert_int_equal(cache.capacity, AMPLE);
	assert_int_equal(cache.items, KEYS - CACHE_BATCH);
}

static void test_room_for_a_large_value(void **state)
{
	struct value *v = value_made(NULL, LARGE, NULL);
	size_t n, steps = 0;
	bool more;

	(void)state;
	cache_set_capacity(&cache, cache.bytes);
	assert_false(cache_make_room(&cache, cache.bytes + 1));
	assert_int_equal(gone(GONE_EVICTED), 0);
	do {
		more = cache_make_room(&cache, value_footprint(v));
		n = gone(GONE_EVICTED);
		assert_true(n <= CACHE_BATCH);
		steps++;
	} while (more);
	assert_true(steps > 2);
	assert_int_equal(cache_put(&cache, text("large"), v, 100, false), 0);
	assert_true(gone(GONE_EVICTED) < 10);
	assert_true(cache.bytes > cache.capacity - 1000);
	value_unref(v);
}

/* What is held stays in order, and what happens to it meanwhile happens. */
static void test_another_policy(void **state)
{
	char name[16];

	(void)state;
	assert_int_equal(cache_set_policy(&cache, evict_find("lfu")), 0);
	assert_int_equal(cache_set_policy(&cache, evict_find("lru")), -EBUSY);
	for (size_t n = 0; cache_step(&cache); n++) {
		/* One that has moved, one that has not, a new one. */
		cache_remove(&cache, key_at(n, name));
		cache_remove(&cache, key_at(KEYS - 1 - n, name));
		put_at(KEYS + n, 100);
		cache_find(&cache, key_at(n + 100, name), 0);
		cache_find(&cache, key_at(KEYS - 101 - n, name), 0);
	}
	assert_int_equal(gone(GONE_REMOVED), 14);
	assert_int_equal(cache.items, KEYS - 14 + 7);
	assert_string_equal(cache.ops->name, "lfu");
	cache_set_capacity(&cache, cache.bytes / 2);
	while (cache_step(&cache))
		;
	/* Used once; used twice; the last in order. */
	assert_false(is_held(99));
	assert_true(is_held(100));
	assert_true(is_held(KEYS - 200));
}

static void test_eviction_while_the_policy_changes(void **state)
{
	size_t held = 0;

	(void)state;
	assert_int_equal(cache_set_policy(&cache, evict_find("lfu")), 0);
	cache_set_capacity(&cache, cache.bytes / 2);
	while (cache_step(&cache))
		assert_true(cache.bytes <= cache.capacity);
	assert_int_equal(gone(GONE_EVICTED), KEYS - cache.items);
	for (size_t i = 0; i < KEYS; i++)
		held += is_held(i);
	assert_int_equal(held, cache.items);
	assert_true(is_held(KEYS - 1));
	assert_false(is_held(0));
}

static void test_clearing_while_the_policy_changes(void **state)
{
	(void)state;
	assert_int_equal(cache_set_policy(&cache, evict_find("lfu")), 0);
	assert_true(cache_step(&cache));
	cache_clear(&cache);
	while (cache_step(&cache))
		;
	assert_int_equal(gone(GONE_CLEARED), KEYS);
	assert_int_equal(cache.bytes, 0);
	assert_null(cache.old_policy);
}

static void test_the_end_in_the_middle_of_a_change(void **state)
{
	(void)state;
	assert_int_equal(cache_set_policy(&cache, evict_find("lfu")), 0);
	assert_true(cache_step(&cache));
	cache_set_capacity(&cache, 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_many_expire_at_once),
		TEST(test_many_are_cleared),
		TEST(test_clearing_again),
		TEST(test_a_walk_past_many),
		TEST(test_a_smaller_capacity),
		TEST(test_a_capacity_that_changes_back),
		TEST(test_room_for_a_large_value),
		TEST(test_another_policy),
		TEST(test_eviction_while_the_policy_changes),
		TEST(test_clearing_while_the_policy_changes),
		TEST(test_the_end_in_the_middle_of_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
