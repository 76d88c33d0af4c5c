/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of nodes embedded in what they index: chained buckets, a power
 * of two of them, doubled when there are as many nodes as buckets.  Doubling
 * moves a few buckets with each insertion that follows: no call takes long.
 *
 * The caller brings the hash, compares the keys and holds the lock:
 *
 *	for (n = table_first(t, key.hash); n; n = table_next(n))
 *		if (key_equal(container_of(n, struct thing, node)->key, key))
 *			return n;
 */
#ifndef DREAMFS_TABLE_H
#define DREAMFS_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_node {
	struct table_node *next;
	uint64_t hash;
};

struct table {
	struct table_node **buckets;
	size_t mask; /* buckets - 1 */
	size_t count;
	struct table_node **old; /* half as many, to be moved; NULL: none */
	size_t moved;            /* so many of them have been */
};

/* 0 or -ENOMEM. */
int table_init(struct table *t);
/* The nodes are the caller's. */
void table_release(struct table *t);

/* Sets the node's hash.  Cannot fail: if there is no memory to grow, the
 * chains get longer. */
void table_insert(struct table *t, struct table_node *node, uint64_t hash);
void table_remove(struct table *t, struct table_node *node);

/* The nodes of exactly this hash, one after the other; NULL at the end. */
struct table_node *table_first(const struct table *t, uint64_t hash);
struct table_node *table_next(const struct table_node *node);

/* Any node, NULL when there is none.  To take out all of them, nothing being
 * put in meanwhile, call it with the same `from`, 0 at first. */
struct table_node *table_any(const struct table *t, size_t *from);

#endif
