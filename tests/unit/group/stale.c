/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are given out though they expired. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "source.h"

#define HOUR  3600000
#define PAUSE 1000 /* at least, after a failure */

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

static void rest(int *tries)
{
	assert_true(++*tries < GATE_SECONDS * 1000);
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void wait_for_state(const char *key, enum cache_state state)
{
	int tries = 0;

	while (group_state(group, key) != state)
		rest(&tries);
}

/* Until a load of this key has failed, and so is over. */
static void wait_for_reason(const char *key, const char *why)
{
	int tries = 0;

	for (;;) {
		struct group_peek peek = group_peek(group, text(key));
		bool is_it = strcmp(peek.why.text, why) == 0;

		group_peek_release(&peek);
		if (is_it)
			return;
		rest(&tries);
	}
}

static void set_stale(int64_t stale_ms)
{
	struct group_settings settings = group_defaults();

	settings.stale_ms = stale_ms;
	group_settle(&settings);
}

/* Holds a value that has expired; what is loaded from now on does not. */
static void hold_stale(const char *key)
{
	source.ttl_ms = 1;
	group_load(group, key);
	wait_for_state(key, CACHE_STALE);
	source.ttl_ms = TTL_DEFAULT;
}

/* What is said in counters.h. */
static void check_sum(void)
{
	struct group_stats s = group_stats(group);

	assert_int_equal(s.of[COUNT_gets],
	                 s.of[COUNT_cache_hits] + s.of[COUNT_stale_served] +
	                         s.of[COUNT_negative_hits] + s.of[COUNT_loads]);
}

/* ---- while it is renewed ---- */

enum { READERS = 200, READER_THREADS = 4 };

static struct reader readers[READERS];

static void *ask_some(void *arg)
{
	size_t first = (size_t)(uintptr_t)arg;

	for (size_t i = first; i < READERS; i += READER_THREADS)
		reader_ask(&readers[i], group, "k");
	return NULL;
}

static void test_nobody_waits_and_one_load_renews(void **state)
{
	pthread_t threads[READER_THREADS];

	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.hold = true;
	for (size_t i = 0; i < READER_THREADS; i++)
		assert_int_equal(
		        pthread_create(&threads[i], NULL, ask_some, (void *)i),
		        0);
	for (size_t i = 0; i < READER_THREADS; i++)
		pthread_join(threads[i], NULL);
	/* Though the source says nothing. */
	for (size_t i = 0; i < READERS; i++) {
		assert_true(readers[i].fresh_ms <= clock_now_ms());
		reader_gets(&readers[i], 0, "k:1");
	}
	assert_int_equal(gate_count(&heard_gone), 0);
	source_go();
	wait_for_state("k", CACHE_FRESH);
	ask("k", 0, "k:2");
	assert_int_equal(gate_count(&source.begun), 2);
	gate_wait(&heard_gone, 1);
	assert_int_equal(count(COUNT_stale_served), READERS);
	assert_int_equal(count(COUNT_loads), 1);
	assert_int_equal(count(COUNT_loads_deduped), 2);
	assert_int_equal(count(COUNT_local_loads), 2);
	assert_int_equal(group_stats(group).expired, 1);
	check_sum();
}

static void test_not_modified_renews_the_same_version(void **state)
{
	struct group_peek before, after;

	(void)state;
	set_stale(HOUR);
	source.etag = "e";
	hold_stale("k");
	source.unchanged = true;
	before = group_peek(group, text("k"));
	ask("k", 0, "k:1");
	wait_for_state("k", CACHE_FRESH);
	after = group_peek(group, text("k"));
	assert_ptr_equal(before.value, after.value);
	assert_int_equal(gate_count(&heard_gone), 0);
	group_peek_release(&before);
	group_peek_release(&after);
}

static void test_a_look_at_it(void **state)
{
	int64_t until = 0, now;
	struct value *v;
	bool stale;

	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.hold = true;
	now = clock_now_ms();
	v = group_find(group, text("k"), &until, &stale);
	assert_non_null(v);
	assert_memory_equal(v->bytes, "k:1", 3);
	assert_in_range(until, now, clock_now_ms() + 1000);
	value_unref(v);
	assert_true(stale);
	assert_int_equal(count(COUNT_stale_served), 0);
	assert_int_equal(gate_count(&source.begun), 1);
	group_renew(group, text("k"));
	gate_wait(&source.begun, 2);
	assert_int_equal(count(COUNT_stale_served), 1);
	check_sum();
	source_go();
	wait_for_state("k", CACHE_FRESH);
}

/* No longer than it may be given out at all. */
static void test_it_is_not_believed_longer_than_it_lasts(void **state)
{
	struct group_listed listed;
	uint64_t mark;
	int64_t until = 0;
	struct value *v;
	bool stale;

	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	set_stale(700);
	mark = group_list_begin(group);
	v = group_find(group, text("k"), &until, &stale);
	if (group_list(group, 0, mark, &listed, 1) == 1) {
		assert_true(listed.until_ms <= clock_now_ms() + 700);
		group_listed_release(&listed);
	}
	if (v)
		assert_true(until <= clock_now_ms() + 700);
	value_unref(v);
}

static void test_listing_does_not_load(void **state)
{
	struct group_listed listed[3];
	uint64_t mark;
	int64_t now;

	(void)state;
	set_stale(HOUR);
	hold_stale("a");
	hold_stale("b");
	group_load(group, "c");
	mark = group_list_begin(group);
	now = clock_now_ms();
	assert_int_equal(group_list(group, 0, mark, listed, 3), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(listed[i].value->size, 3);
		if (i < 2)
			assert_in_range(listed[i].until_ms, now,
			                clock_now_ms() + 1000);
		else
			assert_int_equal(listed[i].until_ms, CLOCK_NEVER);
		group_listed_release(&listed[i]);
	}
	assert_int_equal(gate_count(&source.begun), 3);
	assert_int_equal(count(COUNT_stale_served), 0);
}

static void test_peers_get_it_too(void **state)
{
	struct reader r;

	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.hold = true;
	reader_init(&r);
	group_get(group, text("k"), GROUP_FOR_PEER, &r.waiter);
	assert_int_equal(gate_count(&r.answers), 1);
	/* And are told when it expired. */
	assert_true(r.fresh_ms <= clock_now_ms());
	reader_gets(&r, 0, "k:1");
	gate_wait(&source.begun, 2);
	source_go();
}

/* When it had to go the load is under way all the same. */
static void test_who_finds_nothing_joins(void **state)
{
	struct reader r;

	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.hold = true;
	ask("k", 0, "k:1");
	gate_wait(&source.begun, 2);
	group_set_capacity(group, 0);
	group_set_capacity(group, 1 << 20);
	reader_ask(&r, group, "k");
	assert_int_equal(gate_count(&r.answers), 0);
	source_go();
	reader_gets(&r, 0, "k:2");
	assert_int_equal(gate_count(&source.begun), 2);
}

/* Nor does it end with a reader who joined and left. */
static void test_who_leaves_does_not_end_it(void **state)
{
	struct reader r;

	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.hold = true;
	ask("k", 0, "k:1");
	group_set_capacity(group, 0);
	group_set_capacity(group, 1 << 20);
	reader_ask(&r, group, "k");
	group_cancel(group, &r.waiter, -EINTR);
	reader_gets(&r, -EINTR, NULL);
	source_go();
	wait_for_state("k", CACHE_FRESH);
	assert_int_equal(gate_count(&source.cancelled), 0);
}

/* Readers' loads come through, however much is stale. */
static void test_half_of_the_loads_are_the_readers(void **state)
{
	struct reader a, b;

	(void)state;
	set_stale(HOUR); /* and four loads */
	for (char key[] = "a"; key[0] < 'i'; key[0]++)
		hold_stale(key);
	source.hold = true;
	for (char key[] = "a"; key[0] < 'i'; key[0]++)
		ask(key, 0, NULL);
	gate_wait(&source.begun, 10);
	reader_ask(&a, group, "x");
	reader_ask(&b, group, "y");
	gate_wait(&source.begun, 12);
	assert_int_equal(atomic_load(&source.running), 4);
	source_go();
	reader_gets(&a, 0, NULL);
	reader_gets(&b, 0, NULL);
	assert_int_equal(count(COUNT_stale_served), 8);
	/* Those that were left out have their turn. */
	for (char key[] = "a"; key[0] < 'i'; key[0]++) {
		int tries = 0;

		while (group_state(group, key) != CACHE_FRESH) {
			ask(key, 0, NULL);
			rest(&tries);
		}
	}
	check_sum();
}

/* ---- while the source fails ---- */

static void test_it_is_given_out_while_the_source_fails(void **state)
{
	int64_t asked;
	int tries = 0;

	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.err = -EIO;
	asked = clock_now_ms();
	ask("k", 0, "k:1");
	wait_for_reason("k", "as told");
	for (int i = 0; i < 50; i++)
		ask("k", 0, "k:1");
	assert_true(gate_count(&source.begun) == 2 ||
	            clock_now_ms() >= asked + PAUSE);
	while (gate_count(&source.begun) < 3) {
		ask("k", 0, "k:1");
		rest(&tries);
	}
	assert_true(clock_now_ms() >= asked + PAUSE);
	gate_wait(&source.ended, 3);
	assert_int_equal(group_state(group, "k"), CACHE_STALE);
	assert_int_equal(gate_count(&heard_gone), 0);
	source.err = 0;
	while (group_state(group, "k") != CACHE_FRESH) {
		ask("k", 0, NULL);
		rest(&tries);
	}
	assert_int_equal(gate_count(&source.begun), 4);
	wait_for_reason("k", "");
	check_sum();
}

/* Holds a value that is stale and asks for it, which begins a load that takes
 * longer than anybody waits.  Returns when it was asked for. */
static int64_t ask_too_long(const char *key)
{
	struct group_settings settings = group_defaults();
	int64_t asked;

	set_stale(HOUR);
	hold_stale(key);
	source.hold = true;
	settings.stale_ms = HOUR;
	settings.timeout_ms = 50;
	group_settle(&settings);
	asked = clock_now_ms();
	time_stops();
	ask(key, 0, NULL);
	gate_wait(&source.begun, 2);
	time_goes_on();
	wait_for_reason(key, "no answer within 50 ms");
	return asked;
}

static void test_it_is_given_out_while_the_source_hangs(void **state)
{
	int64_t asked;

	(void)state;
	asked = ask_too_long("k");
	gate_wait(&source.cancelled, 1);
	ask("k", 0, "k:1");
	assert_true(gate_count(&source.begun) == 2 ||
	            clock_now_ms() >= asked + PAUSE);
	assert_int_equal(group_state(group, "k"), CACHE_STALE);
	check_sum();
}

/* A load that does not end is one at most. */
static void test_a_source_that_hears_nothing(void **state)
{
	struct reader r;
	int64_t asked;
	bool soon;

	(void)state;
	source.deaf = true;
	asked = ask_too_long("k");
	ask("k", 0, "k:1");
	/* What it says at last is too late. */
	source_go();
	gate_wait(&source.ended, 2);
	reader_ask(&r, group, "k");
	soon = clock_now_ms() < asked + PAUSE;
	reader_gets(&r, 0, soon ? "k:1" : NULL);
}

static void test_answers_are_believed(void **state)
{
	static const int errs[] = { -ENOENT, -EACCES, -EFBIG };

	(void)state;
	set_stale(HOUR);
	for (int i = 0; i < 3; i++) {
		source.err = 0;
		hold_stale("k");
		source.err = errs[i];
		ask("k", 0, NULL);
		wait_for_state("k", CACHE_ABSENT);
		gate_wait(&heard_gone, i + 1);
		ask("k", errs[i], NULL);
	}
}

static void test_after_its_time_readers_wait_and_fail(void **state)
{
	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.etag = "e";
	hold_stale("v");
	source.err = -EIO;
	set_stale(50);
	wait_for_state("k", CACHE_ABSENT);
	wait_for_state("v", CACHE_EXPIRED);
	ask("k", -EIO, NULL);
	ask("v", -EIO, NULL);
	assert_int_equal(group_state(group, "v"), CACHE_EXPIRED);
	source.err = 0;
	source.unchanged = true;
	ask("v", 0, "v:2");
}

/* ---- what is never stale ---- */

static void test_a_refresh_waits(void **state)
{
	struct reader r;

	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.err = -EIO;
	reader_init(&r);
	group_get(group, text("k"), GROUP_REFRESH, &r.waiter);
	reader_gets(&r, -EIO, NULL);
	source.err = 0;
	reader_init(&r);
	group_get(group, text("k"), GROUP_REFRESH, &r.waiter);
	reader_gets(&r, 0, "k:3");
	assert_int_equal(count(COUNT_stale_served), 0);
}

static void test_what_is_invalidated_is_gone(void **state)
{
	struct reader r;

	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.hold = true;
	ask("k", 0, "k:1");
	gate_wait(&source.begun, 2);
	group_invalidate(group, text("k"));
	reader_ask(&r, group, "k");
	assert_int_equal(gate_count(&r.answers), 0);
	source_go();
	reader_gets(&r, 0, "k:3");
	/* The load that was under way is older than that. */
	gate_wait(&source.ended, 3);
	ask("k", 0, "k:3");
}

static void test_no_such_key_is_never_stale(void **state)
{
	struct group_settings settings = group_defaults();

	(void)state;
	settings.stale_ms = HOUR;
	settings.negative_ttl_ms = 1;
	group_settle(&settings);
	source.err = -ENOENT;
	ask("k", -ENOENT, NULL);
	wait_for_state("k", CACHE_ABSENT);
	source.err = 0;
	ask("k", 0, "k:2");
}

static void test_what_must_be_revalidated(void **state)
{
	struct reader r;

	(void)state;
	set_stale(HOUR);
	source.etag = "e";
	source.must_revalidate = true;
	source.ttl_ms = 1;
	ask("k", 0, "k:1");
	wait_for_state("k", CACHE_EXPIRED);
	/* "Not modified" does not repeat it. */
	source.must_revalidate = false;
	source.unchanged = true;
	reader_ask(&r, group, "k");
	gate_wait(&r.answers, 1);
	assert_int_equal(gate_count(&source.begun), 2);
	reader_gets(&r, 0, "k:1");
	wait_for_state("k", CACHE_EXPIRED);
	assert_int_equal(count(COUNT_stale_served), 0);
}

static void test_what_only_passes(void **state)
{
	(void)state;
	set_stale(HOUR);
	group_set_capacity(group, 10000);
	source.size = 20000;
	source.ttl_ms = 1;
	ask("k", 0, NULL);
	wait_for_state("k", CACHE_ABSENT);
}

/* ---- settings ---- */

static void test_it_can_be_set_for_what_is_held(void **state)
{
	int tries = 0;

	(void)state;
	source.etag = "e";
	source.ttl_ms = 1;
	ask("k", 0, "k:1");
	wait_for_state("k", CACHE_EXPIRED);
	set_stale(HOUR);
	assert_int_equal(group_state(group, "k"), CACHE_STALE);
	source.etag = NULL;
	hold_stale("l");
	set_stale(0);
	assert_int_equal(group_state(group, "k"), CACHE_EXPIRED);
	while (group_stats(group).items != 1)
		rest(&tries);
	assert_int_equal(group_state(group, "l"), CACHE_ABSENT);
}

static void test_without_it_readers_wait(void **state)
{
	struct reader r;

	(void)state;
	source.etag = "e";
	source.ttl_ms = 1;
	ask("k", 0, "k:1");
	wait_for_state("k", CACHE_EXPIRED);
	source.hold = true;
	reader_ask(&r, group, "k");
	gate_wait(&source.begun, 2);
	assert_int_equal(gate_count(&r.answers), 0);
	source_go();
	reader_gets(&r, 0, "k:2");
	assert_int_equal(count(COUNT_stale_served), 0);
}

/* What is stale as soon as it comes is not loaded with every read. */
static void test_stale_at_once(void **state)
{
	int64_t asked = clock_now_ms();

	(void)state;
	set_stale(HOUR);
	source.ttl_ms = 0;
	ask("k", 0, "k:1");
	for (int i = 0; i < 20; i++)
		ask("k", 0, NULL);
	assert_true(gate_count(&source.begun) == 1 ||
	            clock_now_ms() >= asked + PAUSE);
}

/* The end does not wait for the source. */
static void test_the_end(void **state)
{
	(void)state;
	set_stale(HOUR);
	hold_stale("k");
	source.hold = true;
	ask("k", 0, "k:1");
	gate_wait(&source.begun, 2);
	group_close(group);
	gate_wait(&source.cancelled, 1);
	group_unref(group);
	group = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nobody_waits_and_one_load_renews),
		TEST(test_not_modified_renews_the_same_version),
		TEST(test_a_look_at_it),
		TEST(test_it_is_not_believed_longer_than_it_lasts),
		TEST(test_listing_does_not_load),
		TEST(test_peers_get_it_too),
		TEST(test_who_finds_nothing_joins),
		TEST(test_who_leaves_does_not_end_it),
		TEST(test_half_of_the_loads_are_the_readers),
		TEST(test_it_is_given_out_while_the_source_fails),
		TEST(test_it_is_given_out_while_the_source_hangs),
		TEST(test_a_source_that_hears_nothing),
		TEST(test_answers_are_believed),
		TEST(test_after_its_time_readers_wait_and_fail),
		TEST(test_a_refresh_waits),
		TEST(test_what_is_invalidated_is_gone),
		TEST(test_no_such_key_is_never_stale),
		TEST(test_what_must_be_revalidated),
		TEST(test_what_only_passes),
		TEST(test_it_can_be_set_for_what_is_held),
		TEST(test_without_it_readers_wait),
		TEST(test_stale_at_once),
		TEST(test_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
