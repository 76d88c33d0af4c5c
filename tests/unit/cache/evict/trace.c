/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies against the misses that other programs counted on a recorded
 * trace (tests/traces/README.md): to the last miss.
 */
#include "cache/evict/evict.h"

#include "lib/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRACE     "tests/traces/cloudphysicsio.csv.xz"
#define REFERENCE "tests/traces/reference.tsv"

enum { REQUESTS = 113872, KEYS = 48974 };

struct block {
	struct evict_item item;
	struct table_node node;
	uint64_t key, size;
	bool held;
};

static struct block blocks[KEYS];
static size_t block_count;
static struct block *requests[REQUESTS];

static struct block *block_find(struct table *t, uint64_t key)
{
	/* Any odd factor spreads numbers well enough. */
	uint64_t hash = key * 0x9e3779b97f4a7c15ULL >> 20;
	struct table_node *n = table_first(t, hash);

	for (; n; n = table_next(n))
		if (container_of(n, struct block, node)->key == key)
			return container_of(n, struct block, node);
	assert_true(block_count < KEYS);
	blocks[block_count].key = key;
	table_insert(t, &blocks[block_count].node, hash);
	return &blocks[block_count++];
}

static int trace_read(void **state)
{
	FILE *f = popen("xz -dc " TRACE, "re");
	unsigned long long key, size;
	struct table t;
	size_t n = 0;

	(void)state;
	assert_non_null(f);
	assert_int_equal(table_init(&t), 0);
	while (fscanf(f, "%*u,%llu,%llu\n", &key, &size) == 2) {
		assert_true(n < REQUESTS);
		requests[n] = block_find(&t, key);
		requests[n++]->size = size;
	}
	assert_int_equal(pclose(f), 0);
	assert_int_equal(n, REQUESTS);
	assert_int_equal(block_count, KEYS);
	table_release(&t);
	return 0;
}

static uint64_t misses(const struct evict_ops *ops, uint64_t capacity,
                       bool bytes)
{
	void *policy = ops->create(capacity);
	uint64_t used = 0, count = 0;
	struct evict_item *item;

	for (size_t n = 0; n < REQUESTS; n++) {
		struct block *b = requests[n];

		if (b->held) {
			ops->hit(policy, &b->item);
			continue;
		}
		count++;
		b->item.hash = b->node.hash;
		b->item.size = bytes ? b->size : 1;
		while (used + b->item.size > capacity) {
			item = ops->victim(policy);
			used -= item->size;
			container_of(item, struct block, item)->held = false;
		}
		assert_int_equal(ops->add(policy, &b->item), 0);
		used += b->item.size;
		b->held = true;
	}
	while ((item = ops->victim(policy)))
		container_of(item, struct block, item)->held = false;
	ops->destroy(policy);
	return count;
}

/* Every row of the reference for the policy called `column` there. */
static void check_rows(const char *column, const char *name)
{
	FILE *f = fopen(REFERENCE, "re");
	char line[256], policy[32], kind[16];
	unsigned long long capacity, requested, missed;
	int rows = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %31s %15s %llu %llu %llu", policy, kind,
		           &capacity, &requested, &missed) != 5 ||
		    strcmp(policy, column) != 0)
			continue;
		assert_int_equal(requested, REQUESTS);
		assert_int_equal(misses(evict_find(name), capacity,
		                        strcmp(kind, "bytes") == 0),
		                 missed);
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, 10);
}

static void test_lru(void **state)
{
	(void)state;
	check_rows("LRU", "lru");
}

static void test_lfu(void **state)
{
	(void)state;
	check_rows("LFU", "lfu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lru),
		cmocka_unit_test(test_lfu),
	};

	return cmocka_run_group_tests(tests, trace_read, NULL);
}
