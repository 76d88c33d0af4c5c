/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies against a naive model that keeps, for each item, how often and
 * when it was last used, and looks at all of them for a victim.
 */
#include "cache/evict/evict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ITEMS = 200, STEPS = 200000 };

struct thing {
	struct evict_item item;
	bool in;
	uint64_t uses, last;
};

static struct thing things[ITEMS];

/* What the policy should evict: the fewest uses (if they count), then the
 * longest unused. */
static struct thing *model_victim(bool count_uses)
{
	struct thing *worst = NULL;

	for (size_t i = 0; i < ITEMS; i++) {
		struct thing *t = &things[i];

		if (!t->in)
			continue;
		if (!worst || (count_uses && t->uses < worst->uses) ||
		    ((!count_uses || t->uses == worst->uses) &&
		     t->last < worst->last))
			worst = t;
	}
	return worst;
}

static void step(const struct evict_ops *ops, void *policy, bool count_uses,
                 uint64_t now)
{
	struct thing *t = &things[random() % ITEMS];
	int what = (int)(random() % 10);

	if (what == 0) {
		struct evict_item *victim = ops->victim(policy);
		struct thing *expected = model_victim(count_uses);

		assert_ptr_equal(victim, expected ? &expected->item : NULL);
		if (expected)
			expected->in = false;
	} else if (!t->in) {
		t->item.size = 1;
		assert_int_equal(ops->add(policy, &t->item), 0);
		*t = (struct thing){ t->item, true, 1, now };
	} else if (what == 1) {
		ops->remove(policy, &t->item);
		t->in = false;
	} else {
		/* Some are used much more than others. */
		t = &things[random() % (1 + random() % ITEMS)];
		if (!t->in)
			return;
		ops->hit(policy, &t->item);
		t->uses++;
		t->last = now;
	}
}

static void behaves_like_the_model(const struct evict_ops *ops, bool count_uses)
{
	void *policy = ops->create(ITEMS);
	struct thing *t;

	assert_non_null(policy);
	srandom(3);
	for (size_t i = 0; i < ITEMS; i++)
		things[i] = (struct thing){ .in = false };
	assert_null(ops->victim(policy));
	for (uint64_t now = 1; now <= STEPS; now++)
		step(ops, policy, count_uses, now);
	while ((t = model_victim(count_uses))) {
		assert_ptr_equal(ops->victim(policy), &t->item);
		t->in = false;
	}
	assert_null(ops->victim(policy));
	ops->destroy(policy);
}

static void test_lru_like_the_model(void **state)
{
	(void)state;
	behaves_like_the_model(evict_find("lru"), false);
}

static void test_lfu_like_the_model(void **state)
{
	(void)state;
	behaves_like_the_model(evict_find("lfu"), true);
}

static void *policy_of_three(const struct evict_ops *ops,
                             struct evict_item items[3])
{
	void *policy = ops->create(3);

	assert_non_null(policy);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ops->add(policy, &items[i]), 0);
	return policy;
}

static void test_lfu_prefers_what_is_used_more(void **state)
{
	const struct evict_ops *ops = evict_find("lfu");
	struct evict_item items[3] = { 0 };
	void *policy = policy_of_three(ops, items);

	(void)state;
	for (int i = 0; i < 3; i++)
		ops->hit(policy, &items[0]);
	ops->hit(policy, &items[1]);
	ops->hit(policy, &items[2]);
	ops->hit(policy, &items[2]);
	assert_ptr_equal(ops->victim(policy), &items[1]); /* 2 uses */
	assert_ptr_equal(ops->victim(policy), &items[2]); /* 3 */
	assert_ptr_equal(ops->victim(policy), &items[0]); /* 4 */
	ops->destroy(policy);
}

static void test_lfu_forgets_with_the_eviction(void **state)
{
	const struct evict_ops *ops = evict_find("lfu");
	struct evict_item items[3] = { 0 };
	void *policy = policy_of_three(ops, items);

	(void)state;
	for (int i = 0; i < 9; i++)
		ops->hit(policy, &items[0]);
	ops->remove(policy, &items[0]);
	assert_int_equal(ops->add(policy, &items[0]), 0);
	ops->hit(policy, &items[1]);
	ops->hit(policy, &items[2]);
	assert_ptr_equal(ops->victim(policy), &items[0]);
	ops->remove(policy, &items[1]);
	ops->remove(policy, &items[2]);
	ops->destroy(policy);
}

/* Among equals the one that got there first, which is not the oldest. */
static void test_lfu_breaks_ties_by_use(void **state)
{
	const struct evict_ops *ops = evict_find("lfu");
	struct evict_item items[3] = { 0 };
	void *policy = policy_of_three(ops, items);

	(void)state;
	ops->hit(policy, &items[2]);
	ops->hit(policy, &items[0]);
	ops->hit(policy, &items[1]);
	assert_ptr_equal(ops->victim(policy), &items[2]);
	assert_ptr_equal(ops->victim(policy), &items[0]);
	assert_ptr_equal(ops->victim(policy), &items[1]);
	ops->destroy(policy);
}

/* One item on its way up empties a bucket with each hit. */
static void test_lfu_uses_its_buckets_again(void **state)
{
	const struct evict_ops *ops = evict_find("lfu");
	struct evict_item items[3] = { 0 };
	void *policy = policy_of_three(ops, items), *before = NULL;

	(void)state;
	for (int i = 0; i < 100; i++) {
		void *left = items[1].owner;

		ops->hit(policy, &items[1]);
		assert_ptr_not_equal(items[1].owner, left);
		if (i > 2)
			assert_ptr_equal(items[1].owner, before);
		before = left;
	}
	for (int i = 0; i < 3; i++)
		assert_non_null(ops->victim(policy));
	ops->destroy(policy);
}

static void test_policies_are_found_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; evict_table[i]; i++)
		assert_ptr_equal(evict_find(evict_table[i]->name),
		                 evict_table[i]);
	assert_null(evict_find(""));
	assert_null(evict_find("LRU"));
	assert_null(evict_find("random"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lru_like_the_model),
		cmocka_unit_test(test_lfu_like_the_model),
		cmocka_unit_test(test_lfu_prefers_what_is_used_more),
		cmocka_unit_test(test_lfu_forgets_with_the_eviction),
		cmocka_unit_test(test_lfu_breaks_ties_by_use),
		cmocka_unit_test(test_lfu_uses_its_buckets_again),
		cmocka_unit_test(test_policies_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
