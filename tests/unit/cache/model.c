/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random operations on a cache beside a model of it: an array by key number.
 * The model does not know whom the policy evicts; it learns that from the
 * chain of the gone and checks everything else.  A listing goes on all the
 * while.
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

enum { KEYS = 150, STEPS = 60000, CAPACITY = 40000 };

struct expected {
	char name[16];
	bool held;
	struct value *value; /* a reference; NULL: negative, or not held */
	bool must_revalidate;
	int64_t expires_ms;
	uint64_t hits;
	/* about the listing under way */
	bool listed, stayed, was_there;
};

static struct expected model[KEYS];
static struct cache cache;
static struct cache_shared shared;
static int64_t now;
static uint64_t mark;    /* of the listing */
static size_t next_slot; /* where it goes on */

static struct key key_at(size_t i)
{
	return text(model[i].name);
}

static size_t index_of(struct key key)
{
	char digits[16] = "";

	assert_true(key.len > 1 && key.len < sizeof(digits));
	memcpy(digits, key.data + 1, key.len - 1);
	return strtoul(digits, NULL, 10);
}

static void forget(struct expected *x)
{
	value_unref(x->value);
	x->value = NULL;
	x->held = x->stayed = x->was_there = false;
}

static bool outlives(const struct expected *x)
{
	return x->expires_ms == CLOCK_NEVER || (x->value && x->value->etag);
}

/* Until when it may be given out. */
static int64_t served_until(const struct expected *x)
{
	return x->value && !x->must_revalidate && x->expires_ms != CLOCK_NEVER
	               ? x->expires_ms + cache.stale_ms
	               : x->expires_ms;
}

/* What left must be what the model expects to have left. */
static void check_gone(size_t wanted, enum cache_gone allowed)
{
	struct cache_entry *e = cache_take_gone(&shared);

	while (e) {
		struct value *value;
		struct key key;
		enum cache_gone why = cache_gone_read(e, &key, &value);
		struct expected *x = &model[index_of(key)];

		if (why == GONE_EVICTED) {
			/* A value put a moment ago may be the victim. */
			assert_true(x->held);
			assert_ptr_equal(value, x->value);
			forget(x);
		} else {
			assert_int_equal(why, allowed);
			if (why == GONE_EXPIRED) {
				assert_true(x->held && !outlives(x));
				assert_true(served_until(x) <= now);
				forget(x);
			} else if (why == GONE_REMOVED) {
				assert_true(wanted == KEYS ||
				            x == &model[wanted]);
			}
		}
		e = cache_gone_next(e);
	}
}

static void do_put(size_t i)
{
	struct expected *x = &model[i];
	bool negative = random() % 5 == 0, same = random() % 8 == 0;
	bool must_revalidate = random() % 4 == 0;
	/* Now and then one that cannot fit. */
	size_t size = random() % 100 ? (size_t)random() % 2000 : CAPACITY;
	int64_t expires = random() % 2 ? CLOCK_NEVER : now + random() % 50;
	struct value *v =
	        negative ? NULL
	        : same && x->value
	                ? value_ref(x->value)
	                : value_made(NULL, size, random() % 4 ? NULL : "e");
	bool renewed = x->held && v == x->value;
	uint64_t hits = x->held ? x->hits : 0;
	bool was_there = x->was_there, stayed = x->stayed;
	int err = cache_put(&cache, key_at(i), v, expires, must_revalidate);

	assert_true(err == 0 || (err == -EFBIG && !renewed));
	if (err)
		assert_true(!v || value_footprint(v) + 300 > cache.capacity);
	forget(x);
	if (!err) {
		*x = (struct expected){ .held = true,
			                .value = v,
			                .must_revalidate = must_revalidate,
			                .expires_ms = expires,
			                .hits = hits,
			                .listed = x->listed,
			                .was_there = was_there,
			                .stayed = stayed && v &&
			                          expires == CLOCK_NEVER };
		snprintf(x->name, sizeof(x->name), "k%zu", i);
	} else {
		value_unref(v);
	}
	check_gone(i, err ? GONE_REMOVED : GONE_REPLACED);
}

static void do_find(size_t i)
{
	struct expected *x = &model[i];
	struct cache_found found = cache_find(&cache, key_at(i), now);

	if (!x->held || (now >= served_until(x) && !outlives(x))) {
		assert_int_equal(found.state, CACHE_ABSENT);
		return;
	}
	assert_ptr_equal(found.value, x->value);
	assert_int_equal(found.expires_ms, x->expires_ms);
	assert_int_equal(found.hits, x->hits);
	assert_int_equal(found.state, !x->value               ? CACHE_NEGATIVE
	                              : now < x->expires_ms   ? CACHE_FRESH
	                              : now < served_until(x) ? CACHE_STALE
	                                                      : CACHE_EXPIRED);
	x->hits += found.state != CACHE_EXPIRED;
}

static void do_remove(size_t i)
{
	assert_int_equal(cache_remove(&cache, key_at(i)), model[i].held);
	check_gone(i, GONE_REMOVED);
	forget(&model[i]);
}

static void do_sweep(void)
{
	int64_t next = CLOCK_NEVER;

	now += random() % 10;
	cache_sweep(&cache, now);
	check_gone(KEYS, GONE_EXPIRED);
	for (size_t i = 0; i < KEYS; i++) {
		const struct expected *x = &model[i];

		if (!x->held || outlives(x))
			continue;
		assert_true(served_until(x) > now);
		if (served_until(x) < next)
			next = served_until(x);
	}
	assert_int_equal(cache_due(&cache), next);
	assert_int_equal(cache_sweep(&cache, now), next);
}

static void finish(void)
{
	while (cache_step(&cache))
		;
}

static void do_settings(void)
{
	uint64_t items = cache.items, births = shared.births;

	if (random() % 2) {
		assert_int_equal(
		        cache_set_policy(&cache, evict_table[random() % 2]), 0);
		finish();
		assert_int_equal(cache.items, items);
		assert_null(shared.gone);
	} else if (random() % 2) {
		cache_set_stale(&cache, random() % 40);
	} else {
		cache_set_capacity(&cache,
		                   CAPACITY / (1 + (uint64_t)random() % 4));
		finish();
		check_gone(KEYS, GONE_EVICTED);
	}
	assert_int_equal(shared.births, births);
}

static void list_end(void)
{
	for (size_t i = 0; i < KEYS; i++)
		assert_true(!model[i].stayed || model[i].listed);
	mark = shared.births;
	next_slot = 0;
	for (size_t i = 0; i < KEYS; i++) {
		struct expected *x = &model[i];

		x->listed = false;
		x->was_there = x->held;
		x->stayed = x->value && x->expires_ms == CLOCK_NEVER;
	}
}

/* One entry more of the listing. */
static void do_list(void)
{
	struct cache_found found;
	struct expected *x;
	struct key key;

	if (!cache_walk(&cache, &next_slot, mark, now, &key, &found)) {
		assert_int_equal(next_slot, SIZE_MAX);
		list_end();
		return;
	}
	next_slot++;
	x = &model[index_of(key)];
	assert_true(x->held && x->value && now < served_until(x));
	assert_ptr_equal(found.value, x->value);
	assert_true(x->was_there);
	assert_false(x->listed);
	x->listed = true;
}

static void check_sums(void)
{
	uint64_t values = 0, bytes = 0;

	for (size_t i = 0; i < KEYS; i++) {
		values += model[i].value != NULL;
		bytes += model[i].value ? value_footprint(model[i].value) : 0;
	}
	assert_int_equal(cache.items, values);
	assert_true(cache.bytes <= cache.capacity);
	assert_true(cache.bytes >= bytes);
}

static void test_random_operations(void **state)
{
	(void)state;
	srandom(4);
	assert_int_equal(
	        cache_init(&cache, evict_find("lru"), CAPACITY, &shared), 0);
	for (size_t i = 0; i < KEYS; i++)
		snprintf(model[i].name, sizeof(model[i].name), "k%zu", i);
	for (int n = 0; n < STEPS; n++) {
		size_t i = (size_t)random() % KEYS;
		int what = (int)(random() % 100);

		if (what < 35)
			do_put(i);
		else if (what < 65)
			do_find(i);
		else if (what < 75)
			do_remove(i);
		else if (what < 85)
			do_sweep();
		else if (what < 87)
			do_settings();
		else
			do_list();
		check_sums();
	}
	assert_true(cache.evictions > 1000);
	assert_true(cache.expired > 1000);
	cache_clear(&cache);
	finish();
	check_gone(KEYS, GONE_CLEARED);
	assert_int_equal(cache.bytes, 0);
	for (size_t i = 0; i < KEYS; i++)
		forget(&model[i]);
	cache_release(&cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
