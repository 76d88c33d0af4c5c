/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/ticker.h"

#include "gate.h"
#include "lib/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Counts its ticks; wants to be called again at `next`. */
struct client {
	struct ticker_client client;
	struct gate ticks;
	_Atomic int64_t next;
	_Atomic int64_t early; /* ms by which a tick came too soon */
	_Atomic int64_t due;
	/* opened while a tick runs; it ends when the other is opened */
	struct gate *inside, *may_end;
};

static int64_t client_tick(struct ticker_client *tc, int64_t now)
{
	struct client *c = (struct client *)tc;
	int64_t due = atomic_load(&c->due);

	if (now < due)
		atomic_store(&c->early, due - now);
	if (c->inside) {
		gate_add(c->inside, 1);
		gate_wait(c->may_end, gate_count(c->inside));
	}
	gate_add(&c->ticks, 1);
	return atomic_load(&c->next);
}

#define CLIENT \
	{ \
		.client.tick = client_tick, .ticks = GATE_INIT, \
		.next = CLOCK_NEVER \
	}

static struct ticker *ticker;

static int setup(void **state)
{
	(void)state;
	return ticker_create(&ticker);
}

static int teardown(void **state)
{
	(void)state;
	ticker_destroy(ticker);
	return 0;
}

static void test_the_first_tick_comes_at_once(void **state)
{
	struct client a = CLIENT, b = CLIENT;

	(void)state;
	ticker_add(ticker, &a.client);
	gate_wait(&a.ticks, 1);
	ticker_add(ticker, &b.client);
	gate_wait(&b.ticks, 1);
	ticker_remove(ticker, &a.client);
	ticker_remove(ticker, &b.client);
	assert_int_equal(gate_count(&a.ticks), 1);
}

static void test_a_wake_is_kept_to_the_time(void **state)
{
	struct client c = CLIENT;

	(void)state;
	ticker_add(ticker, &c.client);
	gate_wait(&c.ticks, 1);
	atomic_store(&c.due, clock_now_ms() + 30);
	ticker_wake(ticker, &c.client, CLOCK_NEVER - 1);
	ticker_wake(ticker, &c.client, atomic_load(&c.due));
	ticker_wake(ticker, &c.client, atomic_load(&c.due) + 1000000);
	gate_wait(&c.ticks, 2);
	assert_int_equal(atomic_load(&c.early), 0);
	ticker_remove(ticker, &c.client);
}

static void test_a_tick_says_when_the_next_is(void **state)
{
	struct client c = CLIENT;

	(void)state;
	atomic_store(&c.next, clock_now_ms());
	ticker_add(ticker, &c.client);
	gate_wait(&c.ticks, 20);
	atomic_store(&c.next, CLOCK_NEVER);
	ticker_remove(ticker, &c.client);
}

/* The tick has looked already and may have missed what the wake is for. */
static void test_a_wake_during_the_tick_stands(void **state)
{
	struct gate inside = GATE_INIT, go = GATE_INIT;
	struct client c = CLIENT;

	(void)state;
	c.inside = &inside;
	c.may_end = &go;
	ticker_add(ticker, &c.client);
	gate_wait(&inside, 1);
	ticker_wake(ticker, &c.client, clock_now_ms());
	gate_add(&go, 1);
	gate_wait(&inside, 2);
	gate_add(&go, 1);
	gate_wait(&c.ticks, 2);
	ticker_remove(ticker, &c.client);
}

static void *open_later(void *arg)
{
	struct timespec moment = { .tv_nsec = 50000000 };

	nanosleep(&moment, NULL);
	gate_add(arg, 1);
	return NULL;
}

static void test_removal_waits_for_the_tick(void **state)
{
	struct gate inside = GATE_INIT, go = GATE_INIT;
	struct client c = CLIENT;
	pthread_t thread;

	(void)state;
	c.inside = &inside;
	c.may_end = &go;
	ticker_add(ticker, &c.client);
	gate_wait(&inside, 1);
	assert_int_equal(pthread_create(&thread, NULL, open_later, &go), 0);
	ticker_remove(ticker, &c.client);
	assert_int_equal(gate_count(&c.ticks), 1);
	ticker_wake(ticker, &c.client, 0); /* nobody is there any more */
	pthread_join(thread, NULL);
}

/* One that is busy all the time leaves the others their turn. */
static void test_clients_do_not_starve_each_other(void **state)
{
	struct client busy = CLIENT, other = CLIENT;

	(void)state;
	ticker_add(ticker, &other.client);
	gate_wait(&other.ticks, 1);
	ticker_add(ticker, &busy.client);
	for (int i = 2; i < 100; i++) {
		int64_t now = clock_now_ms();

		atomic_store(&busy.next, now + 1);
		ticker_wake(ticker, &busy.client, now);
		ticker_wake(ticker, &other.client, now);
		gate_wait(&other.ticks, i);
	}
	atomic_store(&busy.next, CLOCK_NEVER);
	ticker_remove(ticker, &busy.client);
	ticker_remove(ticker, &other.client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_tick_comes_at_once),
		TEST(test_a_wake_is_kept_to_the_time),
		TEST(test_a_tick_says_when_the_next_is),
		TEST(test_a_wake_during_the_tick_stands),
		TEST(test_removal_waits_for_the_tick),
		TEST(test_clients_do_not_starve_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
