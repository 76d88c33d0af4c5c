/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eviction policies: which item goes when a cache is full.
 *
 * The cache owns table, bytes and lock; a policy only orders the items it
 * was given.  Every call is made under the lock of whoever owns the cache,
 * must not block and does not call back.  Items are embedded in the cache's
 * entries, so adding needs no memory beyond what the policy keeps of its own.
 *
 * To add one: a file in evict/ that defines a `const struct evict_ops`, and
 * a line in the table of evict.c.
 */
#ifndef DREAMFS_EVICT_H
#define DREAMFS_EVICT_H

#include "lib/list.h"

#include <stddef.h>
#include <stdint.h>

/* A policy's handle on one cached item.  The cache sets hash and size before
 * add(); the rest is the policy's to use while it has the item. */
struct evict_item {
	uint64_t hash; /* of the key, for policies that remember ghosts */
	uint64_t size; /* bytes charged; changes when the key's value does */
	struct list_node node;
	void *owner;    /* e.g. which queue or bucket holds it */
	uint64_t count; /* e.g. visits */
};

struct evict_ops {
	const char *name; /* the word in the configuration */
	/* Makes the state for a budget of `capacity` bytes; NULL without
	 * memory. */
	void *(*create)(uint64_t capacity);
	/* No items are left in it. */
	void (*destroy)(void *policy);
	/* Optional: the budget changed. */
	void (*resize)(void *policy, uint64_t capacity);
	/* 0, or -ENOMEM and the item was not taken. */
	int (*add)(void *policy, struct evict_item *item);
	void (*hit)(void *policy, struct evict_item *item);
	/* The item left for another reason than victim(). */
	void (*remove)(void *policy, struct evict_item *item);
	/* Chooses an item, takes it out and returns it; NULL only when there is
	 * none. */
	struct evict_item *(*victim)(void *policy);
};

/* By name, NULL when unknown; all of them in order, NULL-terminated. */
const struct evict_ops *evict_find(const char *name);
extern const struct evict_ops *const evict_table[];

#endif
