/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Least frequently used, in constant time (Shah, Mitra and Matani, "An O(1)
 * algorithm for implementing the LFU cache eviction scheme", 2010).
 *
 * Items with the same number of uses share a bucket; the buckets form a list
 * in order of that number.  A hit moves an item to the next bucket, which
 * is either the neighbour or made between the two:
 *
 *	buckets:  [1] <-> [2] <-> [7]
 *	           |       |       |
 *	         d,e,f    b,c      a       the oldest first
 *
 * The victim is the first item of the first bucket: the fewest uses, and
 * among equals the one that reached that number first, which is the least
 * recently used.  An item counts 1 when it is added and is forgotten with
 * its eviction.
 */
#include "cache/evict/evict.h"

#include <errno.h>
#include <stdlib.h>

struct bucket {
	struct list_node node;
	struct list_node items;
	uint64_t uses;
};

struct lfu {
	struct list_node buckets; /* fewest uses first */
	struct list_node spare;   /* emptied ones, to be used again */
};

static struct bucket *bucket_at(struct list_node *node)
{
	return container_of(node, struct bucket, node);
}

/* The bucket for `uses` behind `at`, made if it is not there; NULL without
 * memory. */
static struct bucket *bucket_behind(struct lfu *l, struct list_node *at,
                                    uint64_t uses)
{
	struct list_node *spare;
	struct bucket *b;

	if (at->next != &l->buckets && bucket_at(at->next)->uses == uses)
		return bucket_at(at->next);
	spare = list_pop(&l->spare);
	b = spare ? bucket_at(spare) : malloc(sizeof(*b));
	if (!b)
		return NULL;
	list_init(&b->items);
	b->uses = uses;
	list_insert(at, &b->node);
	return b;
}

/* Appends: the last to arrive is the last to go. */
static void bucket_take(struct bucket *b, struct evict_item *item)
{
	list_insert(b->items.prev, &item->node);
	item->owner = b;
}

static void *lfu_create(uint64_t capacity)
{
	struct lfu *l = malloc(sizeof(*l));

	(void)capacity;
	if (l) {
		list_init(&l->buckets);
		list_init(&l->spare);
	}
	return l;
}

static void lfu_destroy(void *policy)
{
	struct lfu *l = policy;
	struct list_node *node;

	while ((node = list_pop(&l->spare)))
		free(bucket_at(node));
	free(l);
}

static int lfu_add(void *policy, struct evict_item *item)
{
	struct lfu *l = policy;
	struct bucket *b = bucket_behind(l, &l->buckets, 1);

	if (!b)
		return -ENOMEM;
	bucket_take(b, item);
	return 0;
}

static void lfu_remove(void *policy, struct evict_item *item)
{
	struct lfu *l = policy;
	struct bucket *b = item->owner;

	list_remove(&item->node);
	if (list_empty(&b->items)) {
		list_remove(&b->node);
		list_insert(&l->spare, &b->node);
	}
}

/* Without memory for another bucket the use only makes it the youngest of
 * its equals. */
static void lfu_hit(void *policy, struct evict_item *item)
{
	struct lfu *l = policy;
	struct bucket *from = item->owner;
	struct bucket *to = bucket_behind(l, &from->node, from->uses + 1);

	if (to)
		lfu_remove(l, item);
	else
		list_remove(&item->node);
	bucket_take(to ? to : from, item);
}

static struct evict_item *lfu_victim(void *policy)
{
	struct lfu *l = policy;
	struct evict_item *item;

	if (list_empty(&l->buckets))
		return NULL;
	item = container_of(bucket_at(l->buckets.next)->items.next,
	                    struct evict_item, node);
	lfu_remove(l, item);
	return item;
}

const struct evict_ops evict_lfu = {
	.name = "lfu",
	.create = lfu_create,
	.destroy = lfu_destroy,
	.add = lfu_add,
	.hit = lfu_hit,
	.remove = lfu_remove,
	.victim = lfu_victim,
};
