/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/cache.h"

#include "cached.h"
#include "lib/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { AMPLE = 1 << 20 };

static struct cache cache;
static struct cache_shared shared;
static char many[1000];

static int setup(void **state)
{
	(void)state;
	memset(many, 'x', sizeof(many));
	shared = (struct cache_shared){ 0 };
	return cache_init(&cache, evict_find("lru"), AMPLE, &shared);
}

static int teardown(void **state)
{
	(void)state;
	cache_release(&cache);
	return 0;
}

/* To its end. */
static void finish(void)
{
	while (cache_step(&cache))
		;
}

static void shrink(uint64_t capacity)
{
	cache_set_capacity(&cache, capacity);
	finish();
}

static void put(const char *key, const char *bytes, int64_t expires_ms)
{
	struct value *v = value_made(bytes, strlen(bytes), NULL);

	assert_int_equal(cache_put(&cache, text(key), v, expires_ms, false), 0);
	value_unref(v);
}

static void put_size(const char *key, size_t size)
{
	struct value *v = value_made(NULL, size, NULL);

	assert_int_equal(cache_put(&cache, text(key), v, CLOCK_NEVER, false),
	                 0);
	value_unref(v);
}

static enum cache_state state_of(const char *key, int64_t now)
{
	return cache_peek(&cache, text(key), now).state;
}

/* Takes one from the chain of the gone and says which it must be. */
static void gone(const char *key, enum cache_gone why, const char *bytes)
{
	struct cache_entry *e = cache_take_gone(&shared);
	struct value *v;
	struct key k;

	assert_non_null(e);
	assert_int_equal(cache_gone_read(e, &k, &v), why);
	assert_true(key_equal(k, text(key)));
	if (bytes)
		assert_memory_equal(v->bytes, bytes, v->size);
	else
		assert_null(v);
	assert_null(cache_gone_next(e));
}

static void test_what_is_put_is_found(void **state)
{
	struct cache_found found;

	(void)state;
	assert_int_equal(state_of("k", 0), CACHE_ABSENT);
	put("k", "bytes", CLOCK_NEVER);
	put("", "of the empty key", CLOCK_NEVER);
	found = cache_find(&cache, text("k"), INT64_MAX - 1);
	assert_int_equal(found.state, CACHE_FRESH);
	assert_memory_equal(found.value->bytes, "bytes", 5);
	assert_int_equal(found.expires_ms, CLOCK_NEVER);
	assert_int_equal(state_of("", 0), CACHE_FRESH);
	assert_int_equal(cache.items, 2);
	assert_null(cache_take_gone(&shared));
}

static void test_only_finding_counts(void **state)
{
	(void)state;
	put("k", "v", CLOCK_NEVER);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(cache_peek(&cache, text("k"), 0).hits, i);
		assert_int_equal(cache_peek(&cache, text("k"), 0).hits, i);
		cache_find(&cache, text("k"), 0);
	}
}

static void test_a_use_saves_from_eviction(void **state)
{
	(void)state;
	put_size("a", 1000);
	put_size("b", 1000);
	put_size("c", 1000);
	cache_find(&cache, text("a"), 0);
	cache_peek(&cache, text("b"), 0);
	shrink(cache.bytes - 1);
	assert_int_equal(state_of("b", 0), CACHE_ABSENT);
	assert_int_equal(state_of("a", 0), CACHE_FRESH);
	assert_int_equal(state_of("c", 0), CACHE_FRESH);
	assert_int_equal(cache.evictions, 1);
}

static void test_expiry(void **state)
{
	(void)state;
	put("k", "v", 100);
	put("l", "w", 200);
	assert_int_equal(state_of("k", 99), CACHE_FRESH);
	assert_int_equal(state_of("k", 100), CACHE_ABSENT);
	assert_int_equal(cache_sweep(&cache, 99), 100);
	assert_int_equal(cache.items, 2);
	assert_int_equal(cache_sweep(&cache, 100), 200);
	assert_int_equal(cache.items, 1);
	assert_int_equal(cache.expired, 1);
	gone("k", GONE_EXPIRED, "v");
	assert_int_equal(cache_sweep(&cache, 500), CLOCK_NEVER);
	assert_int_equal(cache.bytes, 0);
	assert_int_equal(cache.evictions, 0);
}

static void test_a_validator_outlives_the_expiry(void **state)
{
	struct value *v = value_made("v", 1, "\"etag\"");

	(void)state;
	assert_int_equal(cache_put(&cache, text("k"), v, 100, false), 0);
	assert_int_equal(cache_sweep(&cache, 1000), CLOCK_NEVER);
	assert_int_equal(state_of("k", 1000), CACHE_EXPIRED);
	assert_ptr_equal(cache_find(&cache, text("k"), 1000).value, v);
	assert_int_equal(cache_peek(&cache, text("k"), 1000).hits, 0);
	/* Renewed: the same entry again. */
	assert_int_equal(cache_put(&cache, text("k"), v, 2000, false), 0);
	assert_int_equal(state_of("k", 1000), CACHE_FRESH);
	assert_int_equal(shared.births, 1);
	assert_null(cache_take_gone(&shared));
	value_unref(v);
}

static void test_renewal_moves_the_expiry(void **state)
{
	struct value *v = value_made("v", 1, NULL);

	(void)state;
	for (int64_t at = 100; at <= 500; at += 100)
		assert_int_equal(cache_put(&cache, text("k"), v, at, false), 0);
	assert_int_equal(cache_sweep(&cache, 400), 500);
	assert_int_equal(cache_put(&cache, text("k"), v, CLOCK_NEVER, false),
	                 0);
	assert_int_equal(cache_sweep(&cache, 500), CLOCK_NEVER);
	assert_int_equal(state_of("k", 500), CACHE_FRESH);
	value_unref(v);
}

static void test_negative_entries(void **state)
{
	(void)state;
	assert_int_equal(cache_put(&cache, text("k"), NULL, 100, false), 0);
	assert_int_equal(state_of("k", 99), CACHE_NEGATIVE);
	assert_null(cache_find(&cache, text("k"), 99).value);
	assert_int_equal(cache_peek(&cache, text("k"), 99).hits, 1);
	assert_int_equal(cache.items, 0);
	assert_true(cache.bytes > 0);
	assert_int_equal(cache_sweep(&cache, 100), CLOCK_NEVER);
	gone("k", GONE_EXPIRED, NULL);
	assert_int_equal(cache.expired, 0);
	assert_int_equal(cache.bytes, 0);
}

static void test_replacing_keeps_the_place(void **state)
{
	struct cache_found found;
	struct key key;
	size_t slot;

	(void)state;
	put("a", "x", CLOCK_NEVER);
	put("k", "old", CLOCK_NEVER);
	cache_find(&cache, text("k"), 0);
	slot = 1;
	assert_true(cache_walk(&cache, &slot, shared.births, 0, &key, &found));
	put("k", "new and longer", CLOCK_NEVER);
	gone("k", GONE_REPLACED, "old");
	assert_int_equal(slot, 1);
	assert_true(cache_walk(&cache, &slot, 2, 0, &key, &found));
	assert_int_equal(slot, 1);
	assert_memory_equal(found.value->bytes, "new", 3);
	assert_int_equal(found.hits, 1);
	assert_int_equal(cache.items, 2);
}

static void test_value_and_absence_replace_each_other(void **state)
{
	(void)state;
	put("k", "v", CLOCK_NEVER);
	assert_int_equal(cache_put(&cache, text("k"), NULL, 100, false), 0);
	gone("k", GONE_REPLACED, "v");
	assert_int_equal(cache.items, 0);
	assert_int_equal(state_of("k", 0), CACHE_NEGATIVE);
	put("k", "w", CLOCK_NEVER);
	gone("k", GONE_REPLACED, NULL);
	assert_int_equal(cache.items, 1);
	assert_int_equal(cache_sweep(&cache, 100), CLOCK_NEVER);
	assert_int_equal(state_of("k", 100), CACHE_FRESH);
}

static void test_too_large_is_not_held(void **state)
{
	struct value *v = value_made(NULL, AMPLE, NULL);

	(void)state;
	put("other", "stays", CLOCK_NEVER);
	put("k", "old", CLOCK_NEVER);
	assert_int_equal(cache_put(&cache, text("k"), v, CLOCK_NEVER, false),
	                 -EFBIG);
	assert_int_equal(state_of("k", 0), CACHE_ABSENT);
	assert_int_equal(state_of("other", 0), CACHE_FRESH);
	gone("k", GONE_REMOVED, "old");
	assert_int_equal(atomic_load(&v->refs), 1);
	value_unref(v);
}

static void test_remove_and_clear(void **state)
{
	struct cache_entry *e;
	size_t n = 0;

	(void)state;
	put("a", "1", CLOCK_NEVER);
	assert_true(cache_remove(&cache, text("a")));
	assert_false(cache_remove(&cache, text("a")));
	gone("a", GONE_REMOVED, "1");
	for (int i = 0; i < 100; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i);
		put(key, "v", i % 2 ? CLOCK_NEVER : 10);
	}
	cache_clear(&cache);
	finish();
	for (e = cache_take_gone(&shared); e; e = cache_gone_next(e))
		n++;
	assert_int_equal(n, 100);
	assert_int_equal(cache.bytes + cache.items, 0);
	assert_int_equal(cache_sweep(&cache, 1000), CLOCK_NEVER);
	assert_int_equal(cache.evictions + cache.expired, 0);
}

/* The order of eviction survives a change of policy. */
static void test_another_policy_keeps_the_contents(void **state)
{
	(void)state;
	put_size("a", 1000);
	put_size("b", 1000);
	put_size("c", 1000);
	cache_find(&cache, text("a"), 0);
	assert_int_equal(cache_set_policy(&cache, evict_find("lfu")), 0);
	assert_int_equal(cache_set_policy(&cache, evict_find("lru")), -EBUSY);
	finish();
	assert_int_equal(cache.items, 3);
	assert_null(cache_take_gone(&shared));
	shrink(cache.bytes - 1);
	gone("b", GONE_EVICTED, many);
	cache_find(&cache, text("c"), 0); /* used twice now, but not last */
	cache_find(&cache, text("c"), 0);
	cache_find(&cache, text("a"), 0);
	shrink(cache.bytes - 1);
	gone("a", GONE_EVICTED, many);
	assert_int_equal(cache_set_policy(&cache, evict_find("lru")), 0);
	finish();
	assert_int_equal(state_of("c", 0), CACHE_FRESH);
}

static void test_no_capacity_holds_nothing(void **state)
{
	struct value *v = value_made("v", 1, NULL);

	(void)state;
	put("k", "v", CLOCK_NEVER);
	shrink(0);
	assert_int_equal(cache.bytes, 0);
	assert_int_equal(cache_put(&cache, text("k"), v, CLOCK_NEVER, false),
	                 -EFBIG);
	assert_int_equal(cache_put(&cache, text("k"), NULL, 100, false),
	                 -EFBIG);
	value_unref(v);
}

static void test_who_reads_on_keeps_the_value(void **state)
{
	struct value *v;

	(void)state;
	put("k", "still here", CLOCK_NEVER);
	v = value_ref(cache_find(&cache, text("k"), 0).value);
	cache_clear(&cache);
	finish();
	cache_gone_next(cache_take_gone(&shared));
	assert_int_equal(atomic_load(&v->refs), 1);
	assert_memory_equal(v->bytes, "still here", 10);
	value_unref(v);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_put_is_found),
		TEST(test_only_finding_counts),
		TEST(test_a_use_saves_from_eviction),
		TEST(test_expiry),
		TEST(test_a_validator_outlives_the_expiry),
		TEST(test_renewal_moves_the_expiry),
		TEST(test_negative_entries),
		TEST(test_replacing_keeps_the_place),
		TEST(test_value_and_absence_replace_each_other),
		TEST(test_too_large_is_not_held),
		TEST(test_remove_and_clear),
		TEST(test_another_policy_keeps_the_contents),
		TEST(test_no_capacity_holds_nothing),
		TEST(test_who_reads_on_keeps_the_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
