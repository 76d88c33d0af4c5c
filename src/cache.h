/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key -> value within a budget of bytes.
 *
 * An entry is either a value or the knowledge that there is no such key (a
 * negative entry).  It is fresh until it expires; an expired value that has
 * a validator (ETag, Last-Modified) stays, to be revalidated, until its room
 * is needed; any other expired entry goes at the next sweep.
 *
 * What an entry is charged: its key, its value and what both really take in
 * memory.  A value larger than the whole budget is not admitted.
 *
 * Entries live in numbered slots, and an entry keeps its slot as long as its
 * key is held.  A listing walks the slots, so whatever changes meanwhile it
 * neither repeats nor skips a key that stayed; a birth number tells it which
 * entries came after it began.
 *
 * The cache has no lock: its owner calls it under his.  No call runs foreign
 * code, except the policy.  Values that leave are handed over through
 * cache_take_gone(), to be reported and freed when the lock is released.
 */
#ifndef DREAMFS_CACHE_H
#define DREAMFS_CACHE_H

#include "evict.h"
#include "key.h"
#include "table.h"
#include "value.h"

#include <stdbool.h>
#include <stdint.h>

enum cache_state {
	CACHE_ABSENT,   /* nothing is known */
	CACHE_FRESH,    /* a value */
	CACHE_EXPIRED,  /* a value that wants revalidation */
	CACHE_NEGATIVE, /* known not to exist */
};

/* Why an entry left. */
enum cache_gone { GONE_EVICTED, GONE_EXPIRED, GONE_REPLACED, GONE_REMOVED };

struct cache_entry; /* only the fields below matter outside cache.c */

struct cache {
	struct table table;
	struct cache_entry **slots;
	size_t slot_count, slot_cap;
	size_t free_slot;            /* head of the chain of free slots */
	struct cache_entry **expiry; /* min-heap by time of death */
	size_t expiry_count, expiry_cap;
	const struct evict_ops *ops;
	void *policy;
	uint64_t capacity; /* bytes */
	uint64_t bytes;    /* charged; <= capacity between calls */
	uint64_t items;    /* values, negative entries not counted */
	uint64_t births;
	uint64_t evictions, expired; /* counters since creation */
	struct cache_entry *gone;    /* left, not yet taken */
};

/* What cache_find() tells.  The value is borrowed for as long as the owner's
 * lock is held. */
struct cache_found {
	enum cache_state state;
	struct value *value;
	int64_t expires_ms; /* CLOCK_NEVER: never */
	uint64_t hits;
};

/* 0 or -ENOMEM. */
int cache_init(struct cache *c, const struct evict_ops *ops, uint64_t capacity);
/* Also frees what nobody took from the gone. */
void cache_release(struct cache *c);

/* Looks without leaving a trace. */
struct cache_found cache_peek(const struct cache *c, struct key key,
                              int64_t now);
/* The same, and counts as a use if it is fresh or negative. */
struct cache_found cache_find(struct cache *c, struct key key, int64_t now);

/*
 * Holds a value (referenced anew) or, with value NULL, the knowledge that the
 * key does not exist, until `expires_ms`; replaces what was held.  The same
 * value again is a renewal: the entry and its history stay.  0; -EFBIG for
 * what is larger than the budget and -ENOMEM: then nothing is held.
 */
int cache_put(struct cache *c, struct key key, struct value *value,
              int64_t expires_ms);

/* True if something was held. */
bool cache_remove(struct cache *c, struct key key);
void cache_clear(struct cache *c);

/* Drops what expired and cannot be revalidated; returns when it wants to be
 * called again, CLOCK_NEVER if nothing expires. */
int64_t cache_sweep(struct cache *c, int64_t now);

/* Both keep the contents as far as they fit.  0 or -ENOMEM (unchanged). */
int cache_set_policy(struct cache *c, const struct evict_ops *ops);
void cache_set_capacity(struct cache *c, uint64_t capacity);

/*
 * Walks the held, fresh values: returns the first slot at or after `slot`
 * whose entry was born before `born` (cache_births() at the start of the
 * walk), with key and value borrowed under the lock, or SIZE_MAX.
 */
size_t cache_walk(const struct cache *c, size_t slot, uint64_t born,
                  int64_t now, struct key *key, struct cache_found *found);

/* The chain of entries that left since the last call; the caller's.  Walk and
 * free it without the lock. */
struct cache_entry *cache_take_gone(struct cache *c);
/* Reads the head of a chain: key and value (NULL if negative) are borrowed
 * until cache_gone_next(), which frees the head and returns the rest. */
enum cache_gone cache_gone_read(const struct cache_entry *e, struct key *key,
                                struct value **value);
struct cache_entry *cache_gone_next(struct cache_entry *e);

#endif
