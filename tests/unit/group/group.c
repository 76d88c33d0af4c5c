/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a group holds, for how long, and what it tells about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "source.h"

static uint64_t count(enum counter which)
{
	return group_stats(group).of[which];
}

static void ask(const char *key, int err, const char *bytes)
{
	struct reader r;

	reader_ask(&r, group, key);
	reader_gets(&r, err, bytes);
}

/* Waits until the sweep has come, without asking for the key. */
static void wait_for_items(uint64_t items)
{
	struct timespec moment = { .tv_nsec = 1000000 };
	int tries = 0;

	while (group_stats(group).items != items) {
		assert_true(++tries < GATE_SECONDS * 100);
		nanosleep(&moment, NULL);
	}
}

static void test_a_miss_loads_and_a_hit_does_not(void **state)
{
	(void)state;
	ask("k", 0, "k:1");
	ask("k", 0, "k:1");
	ask("", 0, ":2");
	ask("k", 0, "k:1");
	assert_int_equal(count(COUNT_gets), 4);
	assert_int_equal(count(COUNT_cache_hits), 2);
	assert_int_equal(count(COUNT_loads), 2);
	assert_int_equal(count(COUNT_loads_deduped), 2);
	assert_int_equal(count(COUNT_local_loads), 2);
	assert_int_equal(count(COUNT_local_load_errs), 0);
	assert_int_equal(group_stats(group).items, 2);
	assert_int_equal(atomic_load(&source.max_value), 1 << 16);
}

static void test_failures_are_told_as_readers_may_see_them(void **state)
{
	static const int seen[][2] = {
		{ -ENOENT, -ENOENT },    { -EACCES, -EACCES },
		{ -EFBIG, -EFBIG },      { -ETIMEDOUT, -ETIMEDOUT },
		{ -EIO, -EIO },          { -ENOMEM, -EIO },
		{ -ECONNREFUSED, -EIO },
	};

	(void)state;
	for (int i = 0; i < 7; i++) {
		source.err = seen[i][0];
		ask("k", seen[i][1], NULL);
	}
	assert_int_equal(count(COUNT_local_load_errs), 7);
	assert_int_equal(count(COUNT_local_loads), 0);
	assert_int_equal(gate_count(&source.begun), 7);
}

static void test_the_last_reason_is_remembered(void **state)
{
	struct group_peek peek;

	(void)state;
	source.err = -EIO;
	ask("k", -EIO, NULL);
	peek = group_peek(group, text("k"));
	assert_string_equal(peek.why.text, "as told");
	assert_int_equal(peek.state, CACHE_ABSENT);
	source.err = 0;
	ask("k", 0, "k:2");
	peek = group_peek(group, text("k"));
	assert_string_equal(peek.why.text, "");
	group_peek_release(&peek);
}

/* A failure leaves what is held; "no such key" does not. */
static void test_failed_refreshes(void **state)
{
	struct reader r;

	(void)state;
	ask("k", 0, "k:1");
	source.err = -EIO;
	reader_init(&r);
	group_get(group, text("k"), GROUP_REFRESH, &r.waiter);
	reader_gets(&r, -EIO, NULL);
	ask("k", 0, "k:1");
	source.err = -ENOENT;
	reader_init(&r);
	group_get(group, text("k"), GROUP_REFRESH, &r.waiter);
	reader_gets(&r, -ENOENT, NULL);
	ask("k", -ENOENT, NULL);
	assert_int_equal(gate_count(&heard_gone), 1);
}

static void test_no_such_key_is_kept_only_if_told(void **state)
{
	struct group_settings settings = group_defaults();

	(void)state;
	source.err = -ENOENT;
	ask("k", -ENOENT, NULL);
	ask("k", -ENOENT, NULL);
	assert_int_equal(gate_count(&source.begun), 2);
	settings.negative_ttl_ms = 3600000;
	group_settle(&settings);
	ask("k", -ENOENT, NULL);
	ask("k", -ENOENT, NULL);
	assert_int_equal(gate_count(&source.begun), 3);
	assert_int_equal(count(COUNT_negative_hits), 1);
	assert_int_equal(count(COUNT_cache_hits), 0);
	assert_int_equal(group_state(group, "k"), CACHE_NEGATIVE);
	group_invalidate(group, text("k"));
	source.err = 0;
	ask("k", 0, "k:4");
}

static void test_values_expire(void **state)
{
	struct reader r;

	(void)state;
	group_set_ttl(group, 40);
	reader_ask(&r, group, "k");
	gate_wait(&r.answers, 1);
	assert_true(r.fresh_ms <= clock_now_ms() + 40);
	value_unref(r.value);
	/* Though no deadline of a reader is near. */
	wait_for_items(0);
	assert_true(clock_now_ms() >= r.fresh_ms);
	assert_int_equal(group_stats(group).expired, 1);
	gate_wait(&heard_gone, 1);
	ask("k", 0, "k:2");
}

static void test_the_origin_s_ttl_comes_first(void **state)
{
	struct reader r;

	(void)state;
	group_set_ttl(group, 1);
	source.ttl_ms = 3600000;
	reader_ask(&r, group, "k");
	gate_wait(&r.answers, 1);
	assert_in_range(r.fresh_ms - clock_now_ms(), 3590000, 3600000);
	reader_gets(&r, 0, "k:1");
	assert_int_equal(group_state(group, "k"), CACHE_FRESH);
}

static void test_stale_at_once_is_for_those_who_wait(void **state)
{
	(void)state;
	source.ttl_ms = 0;
	ask("k", 0, "k:1");
	ask("k", 0, "k:2");
	wait_for_items(0);
	/* With a validator it stays, to be revalidated. */
	source.etag = "e";
	ask("v", 0, "v:3");
	assert_int_equal(group_state(group, "v"), CACHE_EXPIRED);
	source.unchanged = true;
	ask("v", 0, "v:3");
	assert_int_equal(gate_count(&source.begun), 4);
}

/* The same version, and so the same inode, goes on. */
static void test_not_modified_prolongs(void **state)
{
	struct group_peek before, after;

	(void)state;
	source.etag = "e";
	source.ttl_ms = 0;
	ask("k", 0, "k:1");
	before = group_peek(group, text("k"));
	assert_int_equal(before.state, CACHE_EXPIRED);
	source.unchanged = true;
	source.ttl_ms = TTL_DEFAULT;
	ask("k", 0, "k:1");
	after = group_peek(group, text("k"));
	assert_int_equal(after.state, CACHE_FRESH);
	assert_ptr_equal(after.value, before.value);
	assert_int_equal(after.expires_ms, CLOCK_NEVER);
	assert_int_equal(gate_count(&heard_gone), 0);
	group_peek_release(&before);
	group_peek_release(&after);
}

static void test_refresh_replaces(void **state)
{
	struct reader r;

	(void)state;
	ask("k", 0, "k:1");
	reader_init(&r);
	group_get(group, text("k"), GROUP_REFRESH, &r.waiter);
	reader_gets(&r, 0, "k:2");
	ask("k", 0, "k:2");
	assert_int_equal(gate_count(&heard_gone), 1);
	assert_int_equal(group_stats(group).items, 1);
}

static void test_what_does_not_fit_is_delivered_all_the_same(void **state)
{
	struct timespec moment = { .tv_nsec = 1000000 };
	int64_t until = CLOCK_NEVER;
	struct reader r;
	int loads;

	(void)state;
	group_set_capacity(group, 10000);
	source.size = 20000;
	for (int i = 0; i < 2; i++) {
		reader_ask(&r, group, "k");
		gate_wait(&r.answers, 1);
		assert_int_equal(r.value->size, 20000);
		until = r.fresh_ms < until ? r.fresh_ms : until;
		reader_gets(&r, 0, NULL);
	}
	/* It passes: once for those who ask now, and not for long. */
	loads = gate_count(&source.begun);
	assert_true(loads == 1 || clock_now_ms() >= until);
	assert_int_equal(group_stats(group).items, 0);
	gate_wait(&heard_gone, loads);
	while (group_state(group, "k") != CACHE_ABSENT)
		nanosleep(&moment, NULL);
	ask("k", 0, NULL);
	assert_int_equal(gate_count(&source.begun), loads + 1);
}

static void test_eviction_is_heard(void **state)
{
	char key[16];

	(void)state;
	source.size = 1000;
	group_set_capacity(group, 10000);
	for (int i = 0; i < 30; i++) {
		snprintf(key, sizeof(key), "%d", i);
		group_load(group, key);
		assert_true(group_stats(group).bytes <= 10000);
	}
	assert_int_equal(group_state(group, "29"), CACHE_FRESH);
	assert_int_equal(group_state(group, "0"), CACHE_ABSENT);
	assert_int_equal(
	        group_stats(group).evictions + group_stats(group).items, 30);
	assert_int_equal(gate_count(&heard_gone), group_stats(group).evictions);
	assert_int_equal(group_set_policy(group, evict_find("lfu")), 0);
	assert_ptr_equal(group_settings(group).policy, evict_find("lfu"));
	group_set_capacity(group, 0);
	assert_int_equal(gate_count(&heard_gone), 30);
}

static void test_invalidate_and_clear(void **state)
{
	(void)state;
	group_invalidate(group, text("never seen"));
	assert_int_equal(gate_count(&heard_gone), 1);
	ask("a", 0, "a:1");
	ask("b", 0, "b:2");
	group_invalidate(group, text("a"));
	ask("a", 0, "a:3");
	ask("b", 0, "b:2");
	group_clear(group);
	assert_int_equal(gate_count(&heard_cleared), 1);
	ask("a", 0, "a:4");
	ask("b", 0, "b:5");
}

static void test_lookup_takes_only_what_is_fresh(void **state)
{
	int64_t fresh_ms = 0;
	struct value *v;
	bool stale;

	(void)state;
	assert_null(group_find(group, text("k"), &fresh_ms, &stale));
	assert_int_equal(count(COUNT_gets), 0);
	ask("k", 0, "k:1");
	v = group_find(group, text("k"), &fresh_ms, &stale);
	assert_non_null(v);
	assert_false(stale);
	assert_int_equal(fresh_ms, CLOCK_NEVER);
	value_unref(v);
	assert_int_equal(count(COUNT_gets), 2);
	assert_int_equal(count(COUNT_cache_hits), 1);
	assert_int_equal(group_state(group, "k"), CACHE_FRESH);
	assert_int_equal(count(COUNT_gets), 2);
}

static void test_reconfiguration(void **state)
{
	struct group_settings settings = group_defaults();
	struct getter *getter = source_getter();
	char text[64];

	(void)state;
	ask("k", 0, "k:1");
	settings.ttl_ms = 3600000;
	settings.policy = evict_find("lfu");
	settings.mode = 0400;
	group_settle(&settings);
	ask("k", 0, "k:1");
	assert_int_equal(group_settings(group).mode, 0400);
	assert_ptr_equal(group_settings(group).policy, evict_find("lfu"));
	assert_int_equal(group_configure(group, &settings, getter, false), 0);
	getter_unref(getter);
	assert_int_equal(gate_count(&source.destroyed), 2);
	ask("k", 0, "k:2");
	group_describe_getter(group, text, sizeof(text));
	assert_string_equal(text, "source: test");
}

static void test_listing(void **state)
{
	struct group_listed out[8];
	uint64_t mark;
	size_t n;

	(void)state;
	for (int i = 0; i < 6; i++)
		ask((char[]){ (char)('a' + i), '\0' }, 0, NULL);
	mark = group_list_begin(group);
	ask("late", 0, NULL);
	group_invalidate(group, text("c"));
	n = group_list(group, 0, mark, out, 3);
	assert_int_equal(n, 3);
	n += group_list(group, out[2].slot + 1, mark, out + 3, 5);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(out[i].key.len, 1);
		assert_int_equal(out[i].key.data[0], "abdef"[i]);
		assert_int_equal(out[i].until_ms, CLOCK_NEVER);
		assert_int_equal(out[i].value->bytes[0], "abdef"[i]);
		group_listed_release(&out[i]);
	}
	assert_int_equal(gate_count(&source.begun), 7);
}

static void test_a_key_has_a_longest_length(void **state)
{
	char *key = calloc(1, KEY_MAX + 1);
	struct reader r;

	(void)state;
	assert_non_null(key);
	reader_init(&r);
	group_get(group, key_of(key, KEY_MAX + 1), GROUP_HELD_OR_LOAD,
	          &r.waiter);
	reader_gets(&r, -ENAMETOOLONG, NULL);
	reader_init(&r);
	group_get(group, key_of(key, KEY_MAX), GROUP_HELD_OR_LOAD, &r.waiter);
	reader_gets(&r, 0, NULL);
	free(key);
}

static void test_the_figures_in_one_line(void **state)
{
	struct group_stats stats;
	struct buf b;

	(void)state;
	ask("k", 0, NULL);
	stats = group_stats(group);
	buf_init(&b, 4096);
	assert_int_equal(group_stats_print(&stats, &b), 0);
	assert_ptr_equal(strstr(b.data, "gets=1 cache_hits=0 "), b.data);
	assert_non_null(strstr(b.data, " items=1 capacity=1048576"));
	assert_null(strchr(b.data, '\n'));
	assert_string_equal(b.data + b.len - 7, "1048576");
	buf_release(&b);
}

static void test_without_a_listener(void **state)
{
	(void)state;
	host.listener = NULL;
	ask("k", 0, "k:1");
	group_invalidate(group, text("k"));
	group_clear(group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_miss_loads_and_a_hit_does_not),
		TEST(test_failures_are_told_as_readers_may_see_them),
		TEST(test_the_last_reason_is_remembered),
		TEST(test_failed_refreshes),
		TEST(test_no_such_key_is_kept_only_if_told),
		TEST(test_values_expire),
		TEST(test_the_origin_s_ttl_comes_first),
		TEST(test_stale_at_once_is_for_those_who_wait),
		TEST(test_not_modified_prolongs),
		TEST(test_refresh_replaces),
		TEST(test_what_does_not_fit_is_delivered_all_the_same),
		TEST(test_eviction_is_heard),
		TEST(test_invalidate_and_clear),
		TEST(test_lookup_takes_only_what_is_fresh),
		TEST(test_reconfiguration),
		TEST(test_listing),
		TEST(test_a_key_has_a_longest_length),
		TEST(test_the_figures_in_one_line),
		TEST(test_without_a_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
