/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything at once, for the sanitizers and for what must hold whatever the
 * order: each reader is answered once, a value is its key's, and no load
 * that began before an invalidation is served after it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "source.h"

enum { THREADS = 4, ROUNDS = 1500, KEYS = 7 };

static struct gate wrong; /* what no thread may see */

static void check(bool right)
{
	if (!right)
		gate_add(&wrong, 1);
}

static void read_and_leave(unsigned int *seed, const char *key)
{
	struct reader r;

	reader_init(&r);
	group_get(group, text(key),
	          rand_r(seed) % 8 ? GROUP_HELD_OR_LOAD : GROUP_REFRESH,
	          &r.waiter);
	if (rand_r(seed) % 2)
		group_cancel(group, &r.waiter, -EINTR);
	gate_wait(&r.answers, 1);
	check(gate_count(&r.answers) == 1);
	check(r.err == 0 || r.err == -EINTR);
	if (r.value)
		check(r.value->bytes[0] == key[0]);
	value_unref(r.value);
}

/* The number behind the colon. */
static int load_number(const struct value *v)
{
	int number = 0;

	for (size_t i = 2; i < v->size; i++)
		number = number * 10 + v->bytes[i] - '0';
	return number;
}

/* What is asked for after an invalidation was loaded after it. */
static void drop_and_read(const char *key)
{
	int before = gate_count(&source.begun);
	struct reader r;

	group_invalidate(group, text(key));
	reader_ask(&r, group, key);
	gate_wait(&r.answers, 1);
	check(r.err == 0 && load_number(r.value) > before);
	value_unref(r.value);
}

static void list_all(void)
{
	uint64_t mark = group_list_begin(group);
	struct group_listed out[KEYS];
	size_t n = group_list(group, 0, mark, out, KEYS);

	for (size_t i = 0; i < n; i++) {
		check(out[i].value->bytes[0] == out[i].key.data[0]);
		group_listed_release(&out[i]);
	}
}

static struct getter *getter; /* for all of them to set */

static void settle(unsigned int *seed)
{
	struct group_settings settings = group_defaults();

	settings.stale_ms = rand_r(seed) % 3;
	settings.capacity = 1000;
	group_configure(group, &settings, getter, true);
	group_set_policy(group, evict_table[rand_r(seed) % 2]);
	group_set_capacity(group, 1000 + (uint64_t)rand_r(seed) % 3000);
	group_set_ttl(group, rand_r(seed) % 3);
}

static void *storm(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;

	for (int n = 0; n < ROUNDS; n++) {
		char key[2] = { (char)('a' + rand_r(&seed) % KEYS), '\0' };
		int64_t fresh_ms;
		bool stale;

		switch (rand_r(&seed) % 16) {
		case 0:
			list_all();
			break;
		case 1:
			settle(&seed);
			break;
		case 2:
			group_clear(group);
			break;
		case 3:
		case 4:
			drop_and_read(key);
			break;
		case 5:
			value_unref(group_find(group, text(key), &fresh_ms,
			                       &stale));
			if (stale)
				group_renew(group, text(key));
			break;
		default:
			read_and_leave(&seed, key);
		}
	}
	return NULL;
}

static void test_a_storm(void **state)
{
	pthread_t threads[THREADS];
	struct group_stats s;

	(void)state;
	wrong = (struct gate)GATE_INIT;
	getter = source_getter();
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, storm,
		                                (void *)(i + 1)),
		                 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	getter_unref(getter);
	assert_int_equal(gate_count(&wrong), 0);
	s = group_stats(group);
	assert_true(s.bytes <= s.capacity);
	assert_int_equal(s.of[COUNT_gets],
	                 s.of[COUNT_cache_hits] + s.of[COUNT_stale_served] +
	                         s.of[COUNT_loads] + s.of[COUNT_negative_hits]);
	assert_true(s.of[COUNT_loads_deduped] <=
	            s.of[COUNT_loads] + s.of[COUNT_stale_served]);
}

/* A group goes while others ask it: nobody is forgotten. */
static void *ask_on(void *arg)
{
	struct reader r;

	(void)arg;
	do {
		reader_ask(&r, group, "k");
		gate_wait(&r.answers, 1);
		check(r.err == 0 || r.err == -EIO || r.err == -ENOENT);
		value_unref(r.value);
		group_invalidate(group, text("k"));
	} while (r.err != -ENOENT);
	group_unref(group);
	return NULL;
}

static void test_closing_under_fire(void **state)
{
	pthread_t threads[THREADS];
	struct group *g;

	(void)state;
	wrong = (struct gate)GATE_INIT;
	for (int i = 0; i < THREADS; i++) {
		group_ref(group);
		assert_int_equal(
		        pthread_create(&threads[i], NULL, ask_on, NULL), 0);
	}
	gate_wait(&source.begun, 50);
	group_close(group);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(gate_count(&wrong), 0);
	g = group;
	group = NULL;
	assert_int_equal(group_stats(g).items, 0);
	group_unref(g);
	assert_int_equal(gate_count(&source.destroyed), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_storm),
		TEST(test_closing_under_fire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
