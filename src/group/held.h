/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a group holds: three caches as one.
 *
 *	tier    holds                             within
 *	main    what our getter brought         the capacity, less what is hot's
 *	hot     some of what peers answered       an eighth of the capacity;
 *	        (groupcache's word)               nothing without peers
 *	grace   what neither takes, for GRACE_MS  room for the largest value
 *
 * They are searched in this order, and what is held for a key is in one of them
 * only.  Grace is for the program that looks at a file before it opens it: it
 * does not load it twice.  Nothing there is given out stale, listed or counted.
 *
 * One tier more, on disk, is a line in the enum, a budget in held.c, and the
 * answer to "what does held_keep() do with a victim".
 *
 * No lock is in here: every call is made under the group's.  What leaves is
 * taken from `shared` and freed without it, and what concerns every entry is
 * done in steps, between which it is released (cache.h).
 */
#ifndef DREAMFS_HELD_H
#define DREAMFS_HELD_H

#include "cache/cache.h"

#define GRACE_MS 1000

enum held_tier {
	HELD_MAIN,
	HELD_HOT,
	HELD_GRACE,
	HELD_TIERS,
};

struct held {
	struct cache tiers[HELD_TIERS];
	struct cache_shared shared;
};

struct held_limits {
	uint64_t capacity;  /* bytes, of main and hot together */
	uint64_t max_value; /* the largest one's */
	int64_t stale_ms;
	bool peers; /* there are some */
};

/* 0 or -ENOMEM.  Not to be moved afterwards. */
int held_init(struct held *h, const struct evict_ops *policy,
              struct held_limits limits);
void held_release(struct held *h);

/* cache_find() and cache_peek(), in the tiers' order. */
struct cache_found held_find(struct held *h, struct key key, int64_t now);
struct cache_found held_peek(const struct held *h, struct key key, int64_t now);

/* A value that came. */
struct held_arrival {
	struct key key;
	struct value *value; /* borrowed */
	enum held_tier tier; /* the one for it */
	bool must_revalidate;
	int64_t expires_ms; /* held_keep() makes it earlier for grace */
};

/* Holds a value in its tier; or in an earlier one that has a value for the key,
 * so that a renewal stays where it was; or, if it does not fit, in grace.
 * Returns which. */
enum held_tier held_keep(struct held *h, struct held_arrival *a, int64_t now);
/* Holds, instead of a value, that there is no such key. */
void held_keep_negative(struct held *h, struct key key, int64_t expires_ms);
/* cache_make_room(), for a value of our getter's. */
bool held_make_room(struct held *h, uint64_t bytes);
void held_defer(struct held *h, struct key key, int64_t retry_ms,
                unsigned int tries);
void held_remove(struct held *h, struct key key);

/* cache_sweep() and cache_due(): the next of all. */
int64_t held_sweep(struct held *h, int64_t now);
int64_t held_due(const struct held *h);

/* These begin what held_step() goes on with; true: there is more. */
void held_clear(struct held *h);
void held_set_limits(struct held *h, struct held_limits limits);
/* 0, -ENOMEM or, while the last change goes on, -EBUSY. */
int held_set_policy(struct held *h, const struct evict_ops *policy);
bool held_step(struct held *h);

/* cache_walk(), through what is listed; a position is a number and grows. */
bool held_walk(const struct held *h, size_t *position, uint64_t born,
               int64_t now, struct key *key, struct cache_found *found);

struct held_figures {
	uint64_t evictions, expired; /* since the beginning */
	uint64_t bytes, items;
	uint64_t hot_bytes, hot_items; /* of these */
};

struct held_figures held_figures(const struct held *h);

#endif
