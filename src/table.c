/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <errno.h>
#include <stdlib.h>

#define TABLE_FIRST 64 /* buckets at the start; a power of two */

int table_init(struct table *t)
{
	t->buckets = calloc(TABLE_FIRST, sizeof(*t->buckets));
	t->mask = TABLE_FIRST - 1;
	t->count = 0;
	return t->buckets ? 0 : -ENOMEM;
}

void table_release(struct table *t)
{
	free(t->buckets);
	t->buckets = NULL;
	t->count = 0;
}

static void table_grow(struct table *t)
{
	size_t mask = t->mask * 2 + 1;
	struct table_node **buckets = calloc(mask + 1, sizeof(*buckets));

	if (!buckets)
		return;
	for (size_t i = 0; i <= t->mask; i++) {
		struct table_node *node = t->buckets[i], *next;

		for (; node; node = next) {
			next = node->next;
			node->next = buckets[node->hash & mask];
			buckets[node->hash & mask] = node;
		}
	}
	free(t->buckets);
	t->buckets = buckets;
	t->mask = mask;
}

void table_insert(struct table *t, struct table_node *node, uint64_t hash)
{
	if (t->count > t->mask)
		table_grow(t);
	node->hash = hash;
	node->next = t->buckets[hash & t->mask];
	t->buckets[hash & t->mask] = node;
	t->count++;
}

void table_remove(struct table *t, struct table_node *node)
{
	struct table_node **at = &t->buckets[node->hash & t->mask];

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	t->count--;
}

static struct table_node *same_hash(struct table_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct table_node *table_first(const struct table *t, uint64_t hash)
{
	return same_hash(t->buckets[hash & t->mask], hash);
}

struct table_node *table_next(const struct table_node *node)
{
	return same_hash(node->next, node->hash);
}
