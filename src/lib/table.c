/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table.h"

#include <errno.h>
#include <stdlib.h>

#define TABLE_FIRST 64 /* buckets at the start; a power of two */
/* Old buckets moved with an insertion: all have moved long before there are
 * twice as many nodes. */
#define TABLE_MOVE 4

int table_init(struct table *t)
{
	*t = (struct table){ .mask = TABLE_FIRST - 1 };
	t->buckets = calloc(TABLE_FIRST, sizeof(*t->buckets));
	return t->buckets ? 0 : -ENOMEM;
}

void table_release(struct table *t)
{
	free(t->buckets);
	free(t->old);
	*t = (struct table){ .buckets = NULL };
}

/* Where nodes of this hash are, and belong. */
static struct table_node **bucket_of(const struct table *t, uint64_t hash)
{
	if (t->old && (hash & t->mask >> 1) >= t->moved)
		return &t->old[hash & t->mask >> 1];
	return &t->buckets[hash & t->mask];
}

static void table_move(struct table *t)
{
	struct table_node *node = t->old[t->moved], *next;

	t->old[t->moved++] = NULL;
	for (; node; node = next) {
		struct table_node **to = &t->buckets[node->hash & t->mask];

		next = node->next;
		node->next = *to;
		*to = node;
	}
	if (t->moved <= t->mask >> 1)
		return;
	free(t->old);
	t->old = NULL;
}

void table_insert(struct table *t, struct table_node *node, uint64_t hash)
{
	struct table_node **bucket, **buckets = NULL;

	if (t->count > t->mask && !t->old)
		buckets = calloc(2 * (t->mask + 1), sizeof(*buckets));
	if (buckets) {
		t->old = t->buckets;
		t->moved = 0;
		t->buckets = buckets;
		t->mask = t->mask * 2 + 1;
	}
	for (int n = 0; t->old && n < TABLE_MOVE; n++)
		table_move(t);
	bucket = bucket_of(t, hash);
	node->hash = hash;
	node->next = *bucket;
	*bucket = node;
	t->count++;
}

void table_remove(struct table *t, struct table_node *node)
{
	struct table_node **at = bucket_of(t, node->hash);

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
	return same_hash(*bucket_of(t, hash), hash);
}

struct table_node *table_next(const struct table_node *node)
{
	return same_hash(node->next, node->hash);
}

struct table_node *table_any(const struct table *t, size_t *from)
{
	size_t old = t->old ? (t->mask >> 1) + 1 : 0;

	for (; *from < old + t->mask + 1; ++*from) {
		struct table_node *node =
		        *from < old ? t->old[*from] : t->buckets[*from - old];

		if (node)
			return node;
	}
	return NULL;
}
