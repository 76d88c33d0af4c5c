/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "group/flight.h"

#include "cached.h"
#include "lib/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct flights flights;

static int setup(void **state)
{
	(void)state;
	return flights_init(&flights);
}

static int teardown(void **state)
{
	(void)state;
	flights_release(&flights);
	return 0;
}

static struct flight *create(const char *key)
{
	struct flight *f = flight_create(&flights, NULL, text(key), 7);

	assert_non_null(f);
	return f;
}

static void destroy(struct flight *f)
{
	flight_detach(&flights, f);
	assert_true(flight_unref(f));
	flight_destroy(f);
}

static void never_called(struct waiter *w, const struct answer *answer)
{
	(void)w;
	(void)answer;
	fail();
}

static void test_an_attached_flight_is_found(void **state)
{
	struct flight *a = create("a"), *none = create("");

	(void)state;
	assert_ptr_equal(flight_find(&flights, text("a"), false), a);
	assert_ptr_equal(flight_find(&flights, text(""), false), none);
	assert_null(flight_find(&flights, text("b"), false));
	assert_true(key_equal(a->key, text("a")));
	assert_int_equal(a->started_ms, 7);
	flight_detach(&flights, a);
	assert_null(flight_find(&flights, text("a"), false));
	destroy(a);
	destroy(none);
}

/* The key may be on its way again while the detached one is too. */
static void test_a_detached_flight_has_a_successor(void **state)
{
	struct flight *old = create("k"), *new;

	(void)state;
	flight_detach(&flights, old);
	new = create("k");
	flight_detach(&flights, old);
	assert_ptr_equal(flight_find(&flights, text("k"), false), new);
	destroy(old);
	assert_ptr_equal(flight_find(&flights, text("k"), false), new);
	destroy(new);
}

static void test_detach_all(void **state)
{
	struct flight *all[300];
	char key[16];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), "%d", i);
		all[i] = create(key);
	}
	flights_detach_all(&flights);
	assert_int_equal(flights.table.count, 0);
	for (int i = 0; i < 300; i++) {
		assert_false(all[i]->attached);
		destroy(all[i]);
	}
}

static void test_references(void **state)
{
	struct flight *f = create("k");

	(void)state;
	f->refs++;
	f->value = value_made("v", 1, NULL);
	f->previous = value_made("old", 3, NULL);
	assert_false(flight_unref(f));
	destroy(f);
}

static void test_waiters_leave_in_order(void **state)
{
	struct flight *f = create("k");
	struct waiter w[5];

	(void)state;
	for (int i = 0; i < 5; i++) {
		waiter_init(&w[i], never_called);
		assert_int_equal(w[i].state, WAITER_NEW);
		flight_join(&flights, f, &w[i], 100);
		assert_int_equal(w[i].state, WAITER_WAITING);
		assert_ptr_equal(w[i].flight, f);
	}
	flight_leave(&w[2]);
	assert_int_equal(w[2].state, WAITER_ANSWERED);
	assert_ptr_equal(flight_next_waiter(f), &w[0]);
	assert_ptr_equal(flight_next_waiter(f), &w[1]);
	assert_ptr_equal(flight_next_waiter(f), &w[3]);
	assert_ptr_equal(flight_next_waiter(f), &w[4]);
	assert_null(flight_next_waiter(f));
	assert_int_equal(flights_deadline(&flights), CLOCK_NEVER);
	destroy(f);
}

/* Deadlines of two flights, in whatever order they come. */
static void test_deadlines_come_in_order(void **state)
{
	enum { WAITERS = 500 };
	struct flight *f[2] = { create("a"), create("b") };
	static struct waiter w[WAITERS];
	int64_t last = 0;

	(void)state;
	srandom(5);
	for (int i = 0; i < WAITERS; i++) {
		waiter_init(&w[i], never_called);
		flight_join(&flights, f[i % 2], &w[i], 1 + random() % 1000);
	}
	for (int i = 0; i < WAITERS; i += 3)
		flight_leave(&w[i]);
	for (int n = WAITERS - (WAITERS + 2) / 3; n > 0; n--) {
		int64_t due = flights_deadline(&flights);
		struct waiter *next;

		assert_true(due >= last);
		assert_null(flights_next_due(&flights, due - 1));
		next = flights_next_due(&flights, due);
		assert_int_equal(next->deadline, due);
		assert_int_equal(next->state, WAITER_ANSWERED);
		last = due;
	}
	assert_null(flights_next_due(&flights, CLOCK_NEVER - 1));
	assert_null(flight_next_waiter(f[0]));
	assert_null(flight_next_waiter(f[1]));
	destroy(f[0]);
	destroy(f[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_attached_flight_is_found),
		TEST(test_a_detached_flight_has_a_successor),
		TEST(test_detach_all),
		TEST(test_references),
		TEST(test_waiters_leave_in_order),
		TEST(test_deadlines_come_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
