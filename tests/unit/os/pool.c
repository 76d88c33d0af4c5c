/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/pool.h"

#include "gate.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A job that says when it runs, and runs until it may end. */
struct task {
	struct job job;
	struct gate *running, *may_end, *done;
	atomic_int *now, *most; /* running at once, and its maximum */
	bool cancelled;
};

static void note_most(struct task *t)
{
	int now = atomic_fetch_add(t->now, 1) + 1, most = atomic_load(t->most);

	while (now > most && !atomic_compare_exchange_weak(t->most, &most, now))
		;
}

static void task_run(struct job *job, int cancel_fd)
{
	struct task *t = (struct task *)job;
	struct pollfd poll_fd = { .fd = cancel_fd, .events = POLLIN };

	if (t->now)
		note_most(t);
	if (t->running)
		gate_add(t->running, 1);
	if (t->may_end)
		gate_wait(t->may_end, 1);
	t->cancelled = poll(&poll_fd, 1, 0) == 1;
	if (t->now)
		atomic_fetch_sub(t->now, 1);
}

/* Hangs until it is cancelled. */
static void task_hang(struct job *job, int cancel_fd)
{
	struct task *t = (struct task *)job;
	struct pollfd poll_fd = { .fd = cancel_fd, .events = POLLIN };

	gate_add(t->running, 1);
	t->cancelled = poll(&poll_fd, 1, GATE_SECONDS * 1000) == 1;
}

static void task_done(struct job *job)
{
	gate_add(((struct task *)job)->done, 1);
}

static struct pool *pool;

static int setup(void **state)
{
	(void)state;
	return pool_create(&pool, 8);
}

static int teardown(void **state)
{
	(void)state;
	pool_destroy(pool);
	return 0;
}

static void submit(struct lane *lane, struct task *t)
{
	if (!t->job.run)
		t->job.run = task_run;
	t->job.done = task_done;
	assert_int_equal(pool_submit(pool, lane, &t->job), 0);
}

static void test_every_job_runs_once(void **state)
{
	static struct task tasks[1000];
	struct gate done = GATE_INIT, ran = GATE_INIT;
	struct lane lane;

	(void)state;
	pool_add_lane(pool, &lane, 3);
	for (int i = 0; i < 1000; i++) {
		tasks[i] = (struct task){ .running = &ran, .done = &done };
		submit(&lane, &tasks[i]);
	}
	gate_wait(&done, 1000);
	pool_remove_lane(pool, &lane);
	assert_int_equal(gate_count(&ran), 1000);
	assert_int_equal(gate_count(&done), 1000);
}

/* Both limits, the lane's and the pool's. */
static void run_at_most(struct lane *lane, int expected)
{
	struct gate done = GATE_INIT, ran = GATE_INIT, go = GATE_INIT;
	struct task tasks[64];
	atomic_int now = 0, most = 0;

	for (int i = 0; i < 64; i++) {
		tasks[i] = (struct task){ .running = &ran,
			                  .done = &done,
			                  .may_end = &go,
			                  .now = &now,
			                  .most = &most };
		submit(lane, &tasks[i]);
	}
	gate_wait(&ran, expected);
	gate_add(&go, 1);
	gate_wait(&done, 64);
	assert_int_equal(atomic_load(&most), expected);
}

static void test_limits_hold(void **state)
{
	struct lane lane;

	(void)state;
	pool_add_lane(pool, &lane, 3);
	run_at_most(&lane, 3);
	pool_set_lane_limit(pool, &lane, 1);
	run_at_most(&lane, 1);
	pool_set_lane_limit(pool, &lane, 100);
	run_at_most(&lane, 8);
	pool_set_limit(pool, 5);
	run_at_most(&lane, 5);
	pool_set_limit(pool, 12);
	run_at_most(&lane, 12);
	pool_remove_lane(pool, &lane);
}

/* A higher limit works for what is queued already. */
static void test_a_raised_limit_works_at_once(void **state)
{
	struct gate done = GATE_INIT, ran = GATE_INIT, go = GATE_INIT;
	struct task tasks[8];
	struct lane lane;

	(void)state;
	pool_add_lane(pool, &lane, 2);
	for (int i = 0; i < 8; i++) {
		tasks[i] = (struct task){ .running = &ran,
			                  .done = &done,
			                  .may_end = &go };
		submit(&lane, &tasks[i]);
	}
	gate_wait(&ran, 2);
	pool_set_lane_limit(pool, &lane, 8);
	gate_wait(&ran, 8);
	gate_add(&go, 1);
	gate_wait(&done, 8);
	pool_remove_lane(pool, &lane);
}

static void test_hanging_lanes_starve_nobody(void **state)
{
	struct gate done = GATE_INIT, hung = GATE_INIT, ran = GATE_INIT,
	            ended = GATE_INIT;
	struct task stuck[40], tasks[100];
	struct lane lanes[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		pool_add_lane(pool, &lanes[i], 100);
	for (int i = 0; i < 40; i++) {
		stuck[i] = (struct task){ .running = &hung, .done = &ended };
		stuck[i].job.run = task_hang;
		submit(&lanes[i % 2], &stuck[i]);
	}
	/* All but what is kept for the third. */
	gate_wait(&hung, 7);
	for (int i = 0; i < 100; i++) {
		tasks[i] = (struct task){ .running = &ran, .done = &done };
		submit(&lanes[2], &tasks[i]);
	}
	gate_wait(&done, 100);
	assert_int_equal(gate_count(&hung), 7);
	for (int i = 0; i < 40; i++)
		if (pool_cancel(pool, &stuck[i].job))
			gate_add(&ended, 1);
	gate_wait(&ended, 40);
	for (int i = 0; i < 3; i++)
		pool_remove_lane(pool, &lanes[i]);
}

/* Also one that is added when all threads hang already. */
static void test_a_late_lane_is_not_starved(void **state)
{
	struct gate done = GATE_INIT, hung = GATE_INIT, ended = GATE_INIT;
	struct task stuck[16], task = { .done = &done };
	struct lane first, late;

	(void)state;
	pool_add_lane(pool, &first, 100);
	for (int i = 0; i < 16; i++) {
		stuck[i] = (struct task){ .running = &hung, .done = &ended };
		stuck[i].job.run = task_hang;
		submit(&first, &stuck[i]);
	}
	gate_wait(&hung, 8);
	pool_add_lane(pool, &late, 1);
	submit(&late, &task);
	gate_wait(&done, 1);
	for (int i = 0; i < 16; i++)
		if (pool_cancel(pool, &stuck[i].job))
			gate_add(&ended, 1);
	gate_wait(&ended, 16);
	pool_remove_lane(pool, &first);
	pool_remove_lane(pool, &late);
}

static void test_more_lanes_than_threads(void **state)
{
	enum { LANES = 20 };
	struct gate done = GATE_INIT, hung = GATE_INIT;
	struct lane lanes[LANES];
	struct task tasks[LANES];

	(void)state;
	for (int i = 0; i < LANES; i++)
		pool_add_lane(pool, &lanes[i], 4);
	for (int i = 0; i < LANES; i++) {
		tasks[i] = (struct task){ .running = &hung, .done = &done };
		tasks[i].job.run = task_hang;
		submit(&lanes[i], &tasks[i]);
	}
	gate_wait(&hung, LANES);
	for (int i = 0; i < LANES; i++)
		assert_false(pool_cancel(pool, &tasks[i].job));
	gate_wait(&done, LANES);
	for (int i = 0; i < LANES; i++) {
		assert_true(tasks[i].cancelled);
		pool_remove_lane(pool, &lanes[i]);
	}
}

static void test_a_queued_job_is_given_back(void **state)
{
	struct gate done = GATE_INIT, ran = GATE_INIT, go = GATE_INIT;
	struct task first = { .running = &ran, .may_end = &go, .done = &done };
	struct task second = { .running = &ran, .done = &done };
	struct lane lane;

	(void)state;
	pool_add_lane(pool, &lane, 1);
	submit(&lane, &first);
	gate_wait(&ran, 1);
	submit(&lane, &second);
	assert_true(pool_cancel(pool, &second.job));
	gate_add(&go, 1);
	gate_wait(&done, 1);
	pool_remove_lane(pool, &lane);
	assert_int_equal(gate_count(&ran), 1);
	assert_int_equal(gate_count(&done), 1);
}

static void test_a_cancellation_meets_nobody_else(void **state)
{
	struct gate done = GATE_INIT, hung = GATE_INIT;
	struct task stuck = { .running = &hung, .done = &done };
	struct task next = { .done = &done };
	struct lane lane;

	(void)state;
	pool_set_limit(pool, 1);
	pool_add_lane(pool, &lane, 1);
	stuck.job.run = task_hang;
	submit(&lane, &stuck);
	gate_wait(&hung, 1);
	assert_false(pool_cancel(pool, &stuck.job));
	assert_false(pool_cancel(pool, &stuck.job));
	gate_wait(&done, 1);
	assert_false(pool_cancel(pool, &stuck.job)); /* too late */
	submit(&lane, &next);
	gate_wait(&done, 2);
	assert_true(stuck.cancelled);
	assert_false(next.cancelled);
	pool_remove_lane(pool, &lane);
}

/* ---- removing a lane ---- */

struct slow_end {
	struct task task;
	struct gate *ending, *may_end;
	bool ended;
};

static void slow_end_done(struct job *job)
{
	struct slow_end *s = (struct slow_end *)job;

	gate_add(s->ending, 1);
	gate_wait(s->may_end, 1);
	s->ended = true;
}

static void *open_later(void *arg)
{
	struct timespec moment = { .tv_nsec = 50000000 };

	/* Long enough for a removal that does not wait to show. */
	nanosleep(&moment, NULL);
	gate_add(arg, 1);
	return NULL;
}

/* Whoever removes a lane may take away what its jobs report to. */
static void test_removal_waits_for_done_too(void **state)
{
	struct gate ending = GATE_INIT, go = GATE_INIT;
	struct slow_end s = { .ending = &ending, .may_end = &go };
	struct lane lane;
	pthread_t thread;

	(void)state;
	pool_add_lane(pool, &lane, 1);
	s.task.job.run = task_run;
	s.task.job.done = slow_end_done;
	assert_int_equal(pool_submit(pool, &lane, &s.task.job), 0);
	gate_wait(&ending, 1);
	assert_int_equal(pthread_create(&thread, NULL, open_later, &go), 0);
	pool_remove_lane(pool, &lane);
	assert_true(s.ended);
	pthread_join(thread, NULL);
}

static void test_removal_waits_for_what_is_queued(void **state)
{
	struct gate done = GATE_INIT, ran = GATE_INIT, go = GATE_INIT;
	struct task first = { .running = &ran, .may_end = &go, .done = &done };
	struct task second = { .running = &ran, .done = &done };
	struct lane lane;
	pthread_t thread;

	(void)state;
	pool_add_lane(pool, &lane, 1);
	submit(&lane, &first);
	gate_wait(&ran, 1);
	submit(&lane, &second);
	assert_int_equal(pthread_create(&thread, NULL, open_later, &go), 0);
	pool_remove_lane(pool, &lane);
	assert_int_equal(gate_count(&done), 2);
	pthread_join(thread, NULL);
}

static void test_a_removed_lane_takes_nothing(void **state)
{
	struct task task = { .running = NULL };
	struct lane lane;

	(void)state;
	pool_add_lane(pool, &lane, 1);
	pool_remove_lane(pool, &lane);
	task.job.run = task_run;
	assert_int_equal(pool_submit(pool, &lane, &task.job), -ESHUTDOWN);
	assert_false(pool_cancel(pool, &task.job));
}

/* ---- many threads at once ---- */

enum { STORM_THREADS = 6, STORM_JOBS = 400 };

struct storm {
	struct lane *lane;
	struct gate *over; /* each job: done, or given back */
	struct task tasks[STORM_JOBS];
};

static void *storm_run(void *arg)
{
	struct storm *s = arg;

	for (int i = 0; i < STORM_JOBS; i++) {
		struct task *t = &s->tasks[i];

		*t = (struct task){ .done = s->over };
		t->job.run = task_run;
		t->job.done = task_done;
		if (pool_submit(pool, s->lane, &t->job) < 0 ||
		    (i % 2 && pool_cancel(pool, &t->job)))
			gate_add(s->over, 1);
	}
	return NULL;
}

static void test_many_threads(void **state)
{
	static struct storm storms[STORM_THREADS];
	pthread_t threads[STORM_THREADS];
	struct gate over = GATE_INIT;
	struct lane lanes[2];

	(void)state;
	pool_add_lane(pool, &lanes[0], 2);
	pool_add_lane(pool, &lanes[1], 8);
	for (int i = 0; i < STORM_THREADS; i++) {
		storms[i].lane = &lanes[i % 2];
		storms[i].over = &over;
		assert_int_equal(pthread_create(&threads[i], NULL, storm_run,
		                                &storms[i]),
		                 0);
	}
	for (int i = 0; i < STORM_THREADS; i++)
		pthread_join(threads[i], NULL);
	gate_wait(&over, STORM_THREADS * STORM_JOBS);
	pool_remove_lane(pool, &lanes[0]);
	pool_remove_lane(pool, &lanes[1]);
	assert_int_equal(gate_count(&over), STORM_THREADS * STORM_JOBS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_job_runs_once),
		TEST(test_limits_hold),
		TEST(test_a_raised_limit_works_at_once),
		TEST(test_hanging_lanes_starve_nobody),
		TEST(test_a_late_lane_is_not_starved),
		TEST(test_more_lanes_than_threads),
		TEST(test_a_queued_job_is_given_back),
		TEST(test_a_cancellation_meets_nobody_else),
		TEST(test_removal_waits_for_done_too),
		TEST(test_removal_waits_for_what_is_queued),
		TEST(test_a_removed_lane_takes_nothing),
		TEST(test_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
