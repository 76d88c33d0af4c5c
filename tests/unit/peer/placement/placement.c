/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/placement/placement.h"
#include "peer/placement/stablehash.h"
#include "vectors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define NODES 10
#define KEYS  20000

static struct placement *make(const char *name, const char *const *nodes,
                              size_t count, unsigned int replicas)
{
	struct placement *p = malloc(sizeof(*p));

	assert_non_null(placement_find(name));
	assert_int_equal(
	        placement_init(p, placement_find(name), nodes, count, replicas),
	        0);
	assert_string_equal(p->ops->name, name);
	return p;
}

static void drop(struct placement *p)
{
	placement_release(p);
	free(p);
}

static size_t owner_of(const struct placement *p, const char *key,
                       const struct placement_alive *alive)
{
	return placement_owner(p, key_of(key, strlen(key)), alive);
}

/* `arg`: one flag for each node, set while it is down. */
static bool is_up(void *arg, size_t node)
{
	return !((const bool *)arg)[node];
}

static void recorded(const char *placement, const char *file)
{
	const char *nodes[VECTOR_FIELDS];
	struct vector v;

	vector_open(&v, file);
	while (vector_next(&v)) {
		size_t count = split(v.field[1], nodes, VECTOR_FIELDS);
		size_t len = unhex(v.field[3]);
		struct placement *p = make(placement, nodes, count, 0);
		size_t owner =
		        placement_owner(p, key_of(v.field[3], len), NULL);

		assert_string_equal(nodes[owner], v.field[6]);
		drop(p);
	}
	assert_int_equal(v.rows, 150);
}

static void groupcache_recorded(void **state)
{
	(void)state;
	recorded("groupcache", "ring-groupcache.tsv");
}

static void dreamemo_recorded(void **state)
{
	(void)state;
	recorded("dreamemo", "ring-dreamemo.tsv");
}

static void collisions_recorded(void **state)
{
	const char *nodes[VECTOR_FIELDS];
	struct vector v;

	(void)state;
	vector_open(&v, "ring-collisions.tsv");
	while (vector_next(&v)) {
		size_t count = split(v.field[4], nodes, VECTOR_FIELDS);
		struct placement *p = make(v.field[0], nodes, count, 0);
		bool down[2] = { false, false };
		struct placement_alive alive = { is_up, down };
		size_t owner = owner_of(p, v.field[5], NULL);

		assert_string_equal(nodes[owner], v.field[6]);
		/* without it the point is the other one's */
		down[owner] = true;
		assert_int_equal(owner_of(p, v.field[5], &alive), 1 - owner);
		drop(p);
	}
	assert_int_equal(v.rows, 4);
}

static void stable_recorded(void **state)
{
	const char *nodes[VECTOR_FIELDS], *gone[VECTOR_FIELDS];
	struct vector v;

	(void)state;
	vector_open(&v, "placement-stable.tsv");
	while (vector_next(&v)) {
		size_t count = split(v.field[2], nodes, VECTOR_FIELDS);
		size_t downs = split(v.field[3], gone, VECTOR_FIELDS);
		bool down[VECTOR_FIELDS] = { false };
		struct placement_alive alive = { is_up, down };
		struct placement *p = make(v.field[0], nodes, count, 0);
		size_t len = unhex(v.field[4]);

		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < downs; j++)
				if (strcmp(nodes[i], gone[j]) == 0)
					down[i] = true;
		assert_string_equal(
		        nodes[placement_owner(p, key_of(v.field[4], len),
		                              &alive)],
		        v.field[5]);
		drop(p);
	}
	assert_int_equal(v.rows, 240);
}

static void stable_hash_documented(void **state)
{
	(void)state;
	assert_true(stable_hash("", 0) == UINT64_C(0xf52a15e9a9b5e89b));
	assert_true(stable_hash("a", 1) == UINT64_C(0x02c0bdbf481420f8));
	assert_true(stable_hash("foobar", 6) == UINT64_C(0x404da9e3b74078c2));
}

static char names[NODES][32];
static const char *nodes10[NODES];

static int name_nodes(void **state)
{
	(void)state;
	for (int i = 0; i < NODES; i++) {
		snprintf(names[i], sizeof(names[i]), "http://10.0.0.%d:7246",
		         10 + i);
		nodes10[i] = names[i];
	}
	return 0;
}

static void count_owners(const struct placement *p,
                         const struct placement_alive *alive, size_t *owners)
{
	char key[32];

	for (int i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "user/%d", i);
		owners[i] = owner_of(p, key, alive);
		assert_true(owners[i] < NODES);
	}
}

/* Only the keys of the node that is down move; they spread over all others,
 * or on a ring to the neighbours of its points. */
static void down_moves_only_its_keys(void **state)
{
	static size_t before[KEYS], after[KEYS];

	(void)state;
	for (size_t t = 0; placement_table[t]; t++) {
		struct placement *p =
		        make(placement_table[t]->name, nodes10, NODES, 0);
		bool down[NODES] = { [4] = true };
		struct placement_alive alive = { is_up, down };
		size_t heirs[NODES] = { 0 }, heir_count = 0;

		count_owners(p, NULL, before);
		count_owners(p, &alive, after);
		for (int i = 0; i < KEYS; i++) {
			assert_int_not_equal(after[i], 4);
			if (before[i] == 4)
				heirs[after[i]]++;
			else
				assert_int_equal(after[i], before[i]);
		}
		for (int i = 0; i < NODES; i++)
			heir_count += heirs[i] > 0;
		assert_true(placement_table[t]->shares
		                    ? heir_count > 1
		                    : heir_count == NODES - 1);
		drop(p);
	}
}

/* Being down and having left is the same, but for jump's numbering. */
static void down_is_as_if_absent(void **state)
{
	static size_t down_owner[KEYS], left_owner[KEYS];
	const char *left[NODES - 1];

	(void)state;
	memcpy(left, nodes10, 4 * sizeof(*left));
	memcpy(left + 4, nodes10 + 5, (NODES - 5) * sizeof(*left));
	for (size_t t = 0; placement_table[t]; t++) {
		const char *name = placement_table[t]->name;
		struct placement *p = make(name, nodes10, NODES, 0);
		struct placement *q = make(name, left, NODES - 1, 0);
		bool down[NODES] = { [4] = true };
		struct placement_alive alive = { is_up, down };
		bool renumbers = strcmp(name, "jump") == 0;

		count_owners(p, &alive, down_owner);
		count_owners(q, NULL, left_owner);
		for (int i = 0; i < KEYS && !renumbers; i++)
			assert_string_equal(nodes10[down_owner[i]],
			                    left[left_owner[i]]);
		drop(p);
		drop(q);
	}
}

/* The last node of jump's order comes and goes with its own keys only. */
static void jump_grows_at_the_end(void **state)
{
	static size_t nine[KEYS], ten[KEYS];
	struct placement *p = make("jump", nodes10, NODES - 1, 0);
	struct placement *q = make("jump", nodes10, NODES, 0);
	int moved = 0;

	(void)state;
	count_owners(p, NULL, nine);
	count_owners(q, NULL, ten);
	for (int i = 0; i < KEYS; i++) {
		assert_true(ten[i] == nine[i] || ten[i] == NODES - 1);
		moved += ten[i] != nine[i];
	}
	assert_in_range(moved, KEYS / NODES * 9 / 10, KEYS / NODES * 11 / 10);
	drop(p);
	drop(q);
}

static void order_does_not_matter(void **state)
{
	static const char *const words[] = { "rendezvous", "jump" };
	static size_t a[KEYS], b[KEYS];
	const char *turned[NODES];

	(void)state;
	for (int i = 0; i < NODES; i++)
		turned[i] = nodes10[(i * 7 + 3) % NODES];
	for (size_t t = 0; t < 2; t++) {
		struct placement *p = make(words[t], nodes10, NODES, 0);
		struct placement *q = make(words[t], turned, NODES, 0);

		count_owners(p, NULL, a);
		count_owners(q, NULL, b);
		for (int i = 0; i < KEYS; i++)
			assert_ptr_equal(nodes10[a[i]], turned[b[i]]);
		drop(p);
		drop(q);
	}
}

/* Every placement's shares add up to 1 and are what the keys do: within five
 * standard deviations for the even ones; the keys of a crc32 ring are less
 * random than that. */
static void shares_hold(void **state)
{
	static size_t owners[KEYS];

	(void)state;
	for (size_t t = 0; placement_table[t]; t++) {
		struct placement *p =
		        make(placement_table[t]->name, nodes10, NODES, 0);
		bool even = !placement_table[t]->shares;
		double shares[NODES], sum = 0, bound = even ? 0.011 : 0.06;
		int held[NODES] = { 0 };

		placement_shares(p, shares);
		count_owners(p, NULL, owners);
		for (int i = 0; i < KEYS; i++)
			held[owners[i]]++;
		for (int i = 0; i < NODES; i++) {
			double is = held[i] / (double)KEYS;

			assert_true(is > shares[i] - bound &&
			            is < shares[i] + bound);
			assert_true(!even || shares[i] == 1.0 / NODES);
			sum += shares[i];
		}
		assert_true(sum > 1 - 1e-9 && sum < 1 + 1e-9);
		drop(p);
	}
}

/* Even with a single point, whose arc is the whole circle. */
static void one_node_owns_everything(void **state)
{
	(void)state;
	for (size_t t = 0; placement_table[t]; t++) {
		struct placement *p =
		        make(placement_table[t]->name, nodes10, 1, 1);
		double share = 0;

		placement_shares(p, &share);
		assert_true(share == 1.0);
		assert_int_equal(owner_of(p, "", NULL), 0);
		assert_int_equal(owner_of(p, "x", NULL), 0);
		assert_int_equal(placement_owner(p, key_of(NULL, 0), NULL), 0);
		drop(p);
	}
}

static void nobody_alive(void **state)
{
	bool down[NODES], all[NODES];
	struct placement_alive alive = { is_up, down }, none = { is_up, all };

	(void)state;
	memset(all, true, sizeof(all));
	for (size_t t = 0; placement_table[t]; t++) {
		struct placement *p =
		        make(placement_table[t]->name, nodes10, NODES, 0);

		assert_true(owner_of(p, "key", &none) == PLACEMENT_NONE);
		/* and whoever is the only one alive has it all */
		for (size_t i = 0; i < NODES; i++) {
			memset(down, true, sizeof(down));
			down[i] = false;
			assert_int_equal(owner_of(p, "key", &alive), i);
		}
		drop(p);
	}
}

static void limits(void **state)
{
	struct placement p;

	(void)state;
	assert_null(placement_find("ring"));
	for (size_t t = 0; placement_table[t]; t++) {
		const struct placement_ops *ops = placement_table[t];

		assert_int_equal(placement_init(&p, ops, nodes10, 0, 0),
		                 -EINVAL);
		assert_int_equal(placement_init(&p, ops, nodes10, NODES,
		                                PLACEMENT_REPLICAS_MAX + 1),
		                 -EINVAL);
		assert_int_equal(placement_init(&p, ops, nodes10,
		                                PLACEMENT_NODES_MAX + 1, 0),
		                 -EINVAL);
		placement_release(&p);
	}
	placement_release(&(struct placement){ 0 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groupcache_recorded),
		cmocka_unit_test(dreamemo_recorded),
		cmocka_unit_test(collisions_recorded),
		cmocka_unit_test(stable_recorded),
		cmocka_unit_test(stable_hash_documented),
		cmocka_unit_test(down_moves_only_its_keys),
		cmocka_unit_test(down_is_as_if_absent),
		cmocka_unit_test(jump_grows_at_the_end),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(shares_hold),
		cmocka_unit_test(one_node_owns_everything),
		cmocka_unit_test(nobody_alive),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, name_nodes, NULL);
}
