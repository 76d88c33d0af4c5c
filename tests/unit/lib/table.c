/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table.h"

#include "lib/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { THINGS = 5000 };

struct thing {
	struct table_node node;
	int in;
};

static size_t times_found(const struct table *t, uint64_t hash,
                          const struct thing *wanted)
{
	size_t n = 0;

	for (struct table_node *at = table_first(t, hash); at;
	     at = table_next(at)) {
		assert_int_equal(at->hash, hash);
		n += container_of(at, struct thing, node) == wanted;
	}
	return n;
}

/* Hashes collide on purpose: in the bucket, and entirely. */
static uint64_t hash_of(size_t i)
{
	return i % 3 ? (uint64_t)(i / 3) << 20 : i * 0x9e3779b97f4a7c15ULL;
}

static void test_random_insertions_and_removals(void **state)
{
	static struct thing things[THINGS];
	struct table t;
	size_t in = 0;

	(void)state;
	srandom(2);
	assert_int_equal(table_init(&t), 0);
	for (int step = 0; step < 50000; step++) {
		size_t i = (size_t)random() % THINGS;
		struct thing *thing = &things[i];

		assert_int_equal(times_found(&t, hash_of(i), thing), thing->in);
		if (thing->in) {
			table_remove(&t, &thing->node);
			in--;
		} else {
			table_insert(&t, &thing->node, hash_of(i));
			in++;
		}
		thing->in = !thing->in;
		assert_int_equal(t.count, in);
	}
	for (size_t i = 0; i < THINGS; i++)
		assert_int_equal(times_found(&t, hash_of(i), &things[i]),
		                 things[i].in);
	table_release(&t);
}

static void test_it_grows_with_its_contents(void **state)
{
	static struct thing things[THINGS];
	struct table t;

	(void)state;
	assert_int_equal(table_init(&t), 0);
	assert_null(table_first(&t, 0));
	for (size_t i = 0; i < THINGS; i++) {
		table_insert(&t, &things[i].node, i);
		assert_true(t.count <= t.mask + 1);
		assert_int_equal((t.mask + 1) & t.mask, 0);
	}
	for (size_t i = 0; i < THINGS; i++)
		assert_int_equal(times_found(&t, i, &things[i]), 1);
	assert_null(table_first(&t, THINGS));
	table_release(&t);
}

static void test_taking_all_of_them_out(void **state)
{
	static struct thing things[THINGS];
	struct table_node *node;
	struct table t;
	size_t from = 0;

	(void)state;
	assert_int_equal(table_init(&t), 0);
	assert_null(table_any(&t, &from));
	/* The second time it has doubled and not moved all. */
	for (size_t n = 50; n < 2050; n += 1999) {
		from = 0;
		for (size_t i = 0; i < n; i++)
			table_insert(&t, &things[i].node, hash_of(i));
		assert_true(n < 100 || t.old);
		for (size_t i = 0; i < n; i++) {
			node = table_any(&t, &from);
			assert_non_null(node);
			table_remove(&t, node);
		}
		assert_null(table_any(&t, &from));
		assert_int_equal(t.count, 0);
	}
	table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_insertions_and_removals),
		cmocka_unit_test(test_it_grows_with_its_contents),
		cmocka_unit_test(test_taking_all_of_them_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
