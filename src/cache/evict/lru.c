/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Least recently used: one list, the youngest use in front. */
#include "cache/evict/evict.h"

#include <stdlib.h>

static void *lru_create(uint64_t capacity)
{
	struct list_node *uses = malloc(sizeof(*uses));

	(void)capacity;
	if (uses)
		list_init(uses);
	return uses;
}

static int lru_add(void *policy, struct evict_item *item)
{
	list_insert(policy, &item->node);
	return 0;
}

static void lru_hit(void *policy, struct evict_item *item)
{
	list_remove(&item->node);
	list_insert(policy, &item->node);
}

static void lru_remove(void *policy, struct evict_item *item)
{
	(void)policy;
	list_remove(&item->node);
}

static struct evict_item *lru_victim(void *policy)
{
	struct list_node *uses = policy, *oldest = uses->prev;

	if (list_empty(uses))
		return NULL;
	list_remove(oldest);
	return container_of(oldest, struct evict_item, node);
}

const struct evict_ops evict_lru = {
	.name = "lru",
	.create = lru_create,
	.destroy = free,
	.add = lru_add,
	.hit = lru_hit,
	.remove = lru_remove,
	.victim = lru_victim,
};
