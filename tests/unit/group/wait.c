/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for loads: one a key, deadlines, cancellation, the end. */
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

static void set_timeout(int64_t ms)
{
	struct group_settings settings = group_defaults();

	settings.timeout_ms = ms;
	group_settle(&settings);
}

/* ---- one load a key ---- */

enum { READERS = 200, READER_THREADS = 4 };

static struct reader readers[READERS];

static void *ask_some(void *arg)
{
	size_t first = (size_t)(uintptr_t)arg;

	for (size_t i = first; i < READERS; i += READER_THREADS)
		reader_ask(&readers[i], group, "k");
	return NULL;
}

static void test_one_load_for_many_readers(void **state)
{
	pthread_t threads[READER_THREADS];

	(void)state;
	source.hold = true;
	for (size_t i = 0; i < READER_THREADS; i++)
		assert_int_equal(
		        pthread_create(&threads[i], NULL, ask_some, (void *)i),
		        0);
	for (size_t i = 0; i < READER_THREADS; i++)
		pthread_join(threads[i], NULL);
	source_go();
	for (size_t i = 0; i < READERS; i++)
		reader_gets(&readers[i], 0, "k:1");
	assert_int_equal(gate_count(&source.begun), 1);
	assert_int_equal(count(COUNT_gets), READERS);
	assert_int_equal(count(COUNT_loads), READERS);
	assert_int_equal(count(COUNT_loads_deduped), 1);
	assert_int_equal(count(COUNT_local_loads), 1);
}

static void test_a_failure_is_for_all_who_wait(void **state)
{
	struct reader a, b;

	(void)state;
	source.hold = true;
	source.err = -EACCES;
	reader_ask(&a, group, "k");
	reader_ask(&b, group, "k");
	source_go();
	reader_gets(&a, -EACCES, NULL);
	reader_gets(&b, -EACCES, NULL);
	assert_int_equal(gate_count(&source.begun), 1);
	assert_int_equal(count(COUNT_local_load_errs), 1);
}

/* ---- deadlines ---- */

static void test_a_deadline_answers_and_ends_the_load(void **state)
{
	struct reader r;
	int64_t start = clock_now_ms();

	(void)state;
	set_timeout(50);
	source.hold = true;
	reader_ask(&r, group, "k");
	reader_gets(&r, -ETIMEDOUT, NULL);
	assert_true(clock_now_ms() - start >= 50);
	/* It may have been over before it began. */
	if (gate_count(&source.begun))
		gate_wait(&source.cancelled, 1);
}

/* The load goes on for those who still have time. */
static void test_each_has_a_deadline_of_his_own(void **state)
{
	struct reader hasty, patient;

	(void)state;
	source.hold = true;
	time_stops();
	set_timeout(50);
	reader_ask(&hasty, group, "k");
	set_timeout(GATE_SECONDS * 1000);
	reader_ask(&patient, group, "k");
	time_goes_on();
	reader_gets(&hasty, -ETIMEDOUT, NULL);
	assert_int_equal(gate_count(&patient.answers), 0);
	source_go();
	reader_gets(&patient, 0, "k:1");
	assert_int_equal(gate_count(&source.cancelled), 0);
	assert_int_equal(group_state(group, "k"), CACHE_FRESH);
}

/* A later, shorter deadline comes before an earlier, longer one. */
static void test_a_shorter_deadline_overtakes(void **state)
{
	struct reader patient, hasty;

	(void)state;
	source.hold = true;
	reader_ask(&patient, group, "k");
	set_timeout(30);
	reader_ask(&hasty, group, "other");
	reader_gets(&hasty, -ETIMEDOUT, NULL);
	assert_int_equal(gate_count(&patient.answers), 0);
	source_go();
	reader_gets(&patient, 0, NULL);
}

/* A load that took longer than anybody waits is left to those who wait for
 * it: who comes then gets one of his own. */
static void test_a_hung_load_is_not_joined(void **state)
{
	struct reader first, second;
	struct timespec moment = { .tv_nsec = 1000000 };
	int64_t start;

	(void)state;
	source.hold = true;
	reader_ask(&first, group, "k");
	gate_wait(&source.begun, 1);
	start = clock_now_ms();
	set_timeout(20);
	while (clock_now_ms() - start <= 21)
		nanosleep(&moment, NULL);
	reader_ask(&second, group, "k");
	reader_gets(&second, -ETIMEDOUT, NULL);
	assert_int_equal(gate_count(&first.answers), 0);
	assert_int_equal(count(COUNT_loads_deduped), 2);
	source_go();
	reader_gets(&first, 0, "k:1");
	/* It no longer was the key's load. */
	assert_int_equal(group_state(group, "k"), CACHE_ABSENT);
}

/* ---- cancellation ---- */

static void test_cancelled_before_it_begins(void **state)
{
	struct reader r;

	(void)state;
	reader_init(&r);
	group_cancel(group, &r.waiter, -EINTR);
	assert_int_equal(gate_count(&r.answers), 0);
	group_get(group, text("k"), GROUP_HELD_OR_LOAD, &r.waiter);
	reader_gets(&r, -EINTR, NULL);
	assert_int_equal(gate_count(&source.begun), 0);
}

static void test_cancelled_after_the_answer(void **state)
{
	struct reader r;

	(void)state;
	reader_ask(&r, group, "k");
	gate_wait(&r.answers, 1);
	group_cancel(group, &r.waiter, -EINTR);
	reader_gets(&r, 0, "k:1");
}

static void test_the_others_are_not_disturbed(void **state)
{
	struct reader a, b;

	(void)state;
	source.hold = true;
	reader_ask(&a, group, "k");
	reader_ask(&b, group, "k");
	group_cancel(group, &a.waiter, -EINTR);
	group_cancel(group, &a.waiter, -EINTR);
	reader_gets(&a, -EINTR, NULL);
	source_go();
	reader_gets(&b, 0, "k:1");
	assert_int_equal(gate_count(&source.cancelled), 0);
}

static void test_the_last_to_leave_ends_the_load(void **state)
{
	struct reader a, b;

	(void)state;
	source.hold = true;
	reader_ask(&a, group, "k");
	reader_ask(&b, group, "k");
	gate_wait(&source.begun, 1);
	group_cancel(group, &a.waiter, -EINTR);
	group_cancel(group, &b.waiter, -EINTR);
	reader_gets(&a, -EINTR, NULL);
	reader_gets(&b, -EINTR, NULL);
	gate_wait(&source.cancelled, 1);
	/* Whoever comes next does not get the dying one. */
	reader_ask(&a, group, "k");
	source_go();
	reader_gets(&a, 0, "k:2");
	assert_int_equal(count(COUNT_local_load_errs), 0);
}

/* A load that does not listen brings something for nobody. */
static void test_a_deaf_load_is_not_held(void **state)
{
	struct reader r;

	(void)state;
	source.hold = source.deaf = true;
	reader_ask(&r, group, "k");
	gate_wait(&source.begun, 1);
	group_cancel(group, &r.waiter, -EINTR);
	source_go();
	gate_wait(&source.ended, 1);
	reader_gets(&r, -EINTR, NULL);
	reader_ask(&r, group, "k");
	reader_gets(&r, 0, "k:2");
}

static void test_a_queued_load_is_never_made(void **state)
{
	struct group_settings settings = group_defaults();
	struct reader first, second;

	(void)state;
	settings.loads = 1;
	group_settle(&settings);
	source.hold = true;
	reader_ask(&first, group, "a");
	gate_wait(&source.begun, 1);
	reader_ask(&second, group, "b");
	group_cancel(group, &second.waiter, -EINTR);
	reader_gets(&second, -EINTR, NULL);
	source_go();
	reader_gets(&first, 0, "a:1");
	reader_ask(&first, group, "c");
	reader_gets(&first, 0, "c:2");
}

/* ---- invalidation ---- */

static void drop_key(void)
{
	group_invalidate(group, text("k"));
}

static void drop_all(void)
{
	group_clear(group);
}

/* What is on its way may be older than the invalidation: those who waited
 * get it, later ones do not. */
static void dropped_meanwhile(void (*drop)(void))
{
	struct reader before, after;

	source.hold = true;
	reader_ask(&before, group, "k");
	gate_wait(&source.begun, 1);
	drop();
	reader_ask(&after, group, "k");
	gate_wait(&source.begun, 2);
	source_go();
	reader_gets(&before, 0, "k:1");
	reader_gets(&after, 0, "k:2");
	reader_ask(&after, group, "k");
	reader_gets(&after, 0, "k:2");
	assert_int_equal(gate_count(&source.begun), 2);
}

static void test_invalidated_while_loading(void **state)
{
	(void)state;
	dropped_meanwhile(drop_key);
}

static void test_cleared_while_loading(void **state)
{
	(void)state;
	dropped_meanwhile(drop_all);
}

static void test_a_refresh_does_not_join(void **state)
{
	struct reader get, refresh;

	(void)state;
	source.hold = true;
	reader_ask(&get, group, "k");
	gate_wait(&source.begun, 1);
	reader_init(&refresh);
	group_get(group, text("k"), GROUP_REFRESH, &refresh.waiter);
	gate_wait(&source.begun, 2);
	source_go();
	reader_gets(&get, 0, "k:1");
	reader_gets(&refresh, 0, "k:2");
	reader_ask(&get, group, "k");
	reader_gets(&get, 0, "k:2");
}

/* ---- limits ---- */

static void test_no_more_loads_at_once_than_allowed(void **state)
{
	struct reader r[20];
	char key[16];

	(void)state;
	source.hold = true;
	for (int i = 0; i < 20; i++) {
		snprintf(key, sizeof(key), "%d", i);
		reader_ask(&r[i], group, key);
	}
	gate_wait(&source.begun, 4);
	source_go();
	for (int i = 0; i < 20; i++)
		reader_gets(&r[i], 0, NULL);
	assert_int_equal(atomic_load(&source.most), 4);
}

static void test_a_slow_group_starves_no_other(void **state)
{
	struct group_settings settings = group_defaults();
	struct group *other = group_made("other");
	struct reader r[40], one;
	char key[16];

	(void)state;
	settings.loads = 1000;
	group_settle(&settings);
	source.hold = true;
	for (int i = 0; i < 40; i++) {
		snprintf(key, sizeof(key), "%d", i);
		reader_ask(&r[i], group, key);
	}
	gate_wait(&source.begun, 12); /* 16 threads, 4 kept for the other */
	assert_int_equal(gate_count(&source.begun), 12);
	reader_ask(&one, other, "k");
	gate_wait(&source.begun, 13);
	source_go();
	reader_gets(&one, 0, NULL);
	for (int i = 0; i < 40; i++)
		reader_gets(&r[i], 0, NULL);
	group_close(other);
	group_unref(other);
}

/* ---- the end ---- */

static void test_closing_answers_all_and_ends_the_loads(void **state)
{
	struct reader r[10], late;
	char key[16];

	(void)state;
	source.hold = true;
	reader_ask(&late, group, "z");
	gate_wait(&source.begun, 1);
	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "%d", i % 7);
		reader_ask(&r[i], group, key);
	}
	group_close(group);
	assert_int_equal(atomic_load(&source.running), 0);
	assert_int_equal(gate_count(&heard_closed), 1);
	reader_gets(&late, -EIO, NULL);
	for (int i = 0; i < 10; i++)
		reader_gets(&r[i], -EIO, NULL);
	reader_ask(&late, group, "new");
	reader_gets(&late, -ENOENT, NULL);
	assert_int_equal(group_stats(group).bytes, 0);
	group_unref(group);
	group = NULL;
}

/* Closing waits for a getter that does not listen. */
static void *go_later(void *arg)
{
	struct timespec moment = { .tv_nsec = 50000000 };
	uint64_t one = 1;

	(void)arg;
	nanosleep(&moment, NULL);
	if (write(source.go_fd, &one, sizeof(one)) < 0)
		abort();
	return NULL;
}

static void test_closing_waits_for_the_getter(void **state)
{
	struct reader r;
	pthread_t thread;

	(void)state;
	source.hold = source.deaf = true;
	reader_ask(&r, group, "k");
	gate_wait(&source.begun, 1);
	assert_int_equal(pthread_create(&thread, NULL, go_later, NULL), 0);
	group_close(group);
	assert_int_equal(gate_count(&source.ended), 1);
	reader_gets(&r, -EIO, NULL);
	assert_int_equal(group_stats(group).items, 0);
	pthread_join(thread, NULL);
	group_unref(group);
	group = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_load_for_many_readers),
		TEST(test_a_failure_is_for_all_who_wait),
		TEST(test_a_deadline_answers_and_ends_the_load),
		TEST(test_each_has_a_deadline_of_his_own),
		TEST(test_a_shorter_deadline_overtakes),
		TEST(test_a_hung_load_is_not_joined),
		TEST(test_cancelled_before_it_begins),
		TEST(test_cancelled_after_the_answer),
		TEST(test_the_others_are_not_disturbed),
		TEST(test_the_last_to_leave_ends_the_load),
		TEST(test_a_deaf_load_is_not_held),
		TEST(test_a_queued_load_is_never_made),
		TEST(test_invalidated_while_loading),
		TEST(test_cleared_while_loading),
		TEST(test_a_refresh_does_not_join),
		TEST(test_no_more_loads_at_once_than_allowed),
		TEST(test_a_slow_group_starves_no_other),
		TEST(test_closing_answers_all_and_ends_the_loads),
		TEST(test_closing_waits_for_the_getter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
