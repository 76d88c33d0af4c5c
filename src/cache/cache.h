/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key -> value within a budget of bytes.
 *
 * An entry is either a value or the knowledge that there is no such key (a
 * negative entry).  It is fresh until it expires.  From then on:
 *
 *	until `stale_ms` later   a value is stale: it may still be given out,
 *	                         unless it must be revalidated first
 *	after that               a value with a validator (ETag, Last-Modified)
 *	                         stays, to be revalidated, until its room is
 *	                         needed; any other goes at the next sweep
 *
 * A negative entry goes at the first sweep after it expired.
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
 *
 * What may concern every entry (clearing, another policy, a smaller capacity,
 * many that expire at once, room for a large value) is done in steps of
 * CACHE_BATCH entries, between which the owner releases his lock: a call begins
 * it, cache_step() goes on (cache_sweep() and cache_make_room() are called
 * again).  Between two steps everything can be called.
 */
#ifndef DREAMFS_CACHE_H
#define DREAMFS_CACHE_H

#include "cache/evict/evict.h"
#include "cache/expiry.h"
#include "lib/key.h"
#include "lib/table.h"
#include "lib/value.h"

#include <stdbool.h>
#include <stdint.h>

#define CACHE_BATCH 1000 /* entries; some 0.3 ms */

enum cache_state {
	CACHE_ABSENT,   /* nothing is known */
	CACHE_FRESH,    /* a value */
	CACHE_STALE,    /* an expired value that may still be given out */
	CACHE_EXPIRED,  /* a value that wants revalidation */
	CACHE_NEGATIVE, /* known not to exist */
};

/* Why an entry left; cleared: like all the others. */
enum cache_gone {
	GONE_EVICTED,
	GONE_EXPIRED,
	GONE_REPLACED,
	GONE_REMOVED,
	GONE_CLEARED,
};

struct cache_entry;

/* What the caches of one owner have together; zeros at first. */
struct cache_shared {
	uint64_t births;          /* entries so far */
	struct cache_entry *gone; /* left, not yet taken */
};

struct cache {
	struct table table;
	struct cache_entry **slots;
	size_t slot_count, slot_cap;
	size_t free_slot; /* head of the chain of free slots */
	/* What a sweep will take: at its expiry (what is given out fresh only),
	 * and `stale_ms` after it. */
	struct expiry fresh_only, stale_too;
	int64_t stale_ms;
	const struct evict_ops *ops;
	void *policy;
	const struct evict_ops *old_ops; /* of the policy before, */
	void *old_policy;            /* until all its items moved; or NULL */
	unsigned int turn;           /* how often the policy changed */
	uint64_t capacity;           /* bytes */
	uint64_t wanted;             /* what capacity is to become */
	uint64_t bytes;              /* charged; <= capacity between calls */
	uint64_t items;              /* values, negative entries not counted */
	uint64_t clear_born;         /* who was born before is to go; 0: none */
	size_t clear_slot;           /* the next one to look at */
	uint64_t evictions, expired; /* counters since creation */
	struct cache_shared *shared;
};

/* What cache_find() tells.  The value is borrowed for as long as the owner's
 * lock is held. */
struct cache_found {
	enum cache_state state;
	struct value *value;
	int64_t expires_ms;   /* CLOCK_NEVER: never */
	int64_t stale_ms;     /* may be given out until then; >= expires_ms */
	bool must_revalidate; /* not a moment longer than it is fresh */
	/* As cache_defer() left it; 0 for what was put since. */
	int64_t retry_ms;
	unsigned int tries;
	uint64_t hits;
};

/* 0 or -ENOMEM. */
int cache_init(struct cache *c, const struct evict_ops *ops, uint64_t capacity,
               struct cache_shared *shared);
/* Also frees what nobody took of the gone, the other caches' included. */
void cache_release(struct cache *c);

/* Looks without leaving a trace. */
struct cache_found cache_peek(const struct cache *c, struct key key,
                              int64_t now);
/* The same, and counts as a use if it is fresh, stale or negative. */
struct cache_found cache_find(struct cache *c, struct key key, int64_t now);

/*
 * Holds a value (referenced anew) or, with value NULL, the knowledge that the
 * key does not exist, until `expires_ms`; replaces what was held.  A value that
 * must be revalidated is never stale: as soon as it expired it must not be
 * given out.  The same value again is a renewal: the entry and its history
 * stay.  0; -EFBIG for what is larger than the budget and -ENOMEM: then nothing
 * is held.
 */
int cache_put(struct cache *c, struct key key, struct value *value,
              int64_t expires_ms, bool must_revalidate);
/* Remembers, for a value that is held, until when it need not be loaded again
 * and how often that was tried.  Both are the caller's affair. */
void cache_defer(struct cache *c, struct key key, int64_t retry_ms,
                 unsigned int tries);

/* True if something was held. */
bool cache_remove(struct cache *c, struct key key);

/* Drops what expired and will neither be given out nor revalidated, a batch of
 * it; returns when it wants to be called again (`now`: there is more),
 * CLOCK_NEVER if nothing expires. */
int64_t cache_sweep(struct cache *c, int64_t now);
/* When the next one is to be swept, CLOCK_NEVER: none. */
int64_t cache_due(const struct cache *c);

/* Begins to drop all that is held now. */
void cache_clear(struct cache *c);
/* Begins to use another policy; all that is held stays.  0; -ENOMEM
 * (unchanged); -EBUSY while the last change is not complete. */
int cache_set_policy(struct cache *c, const struct evict_ops *ops);
/* What is held stays as far as it fits.  `capacity` shrinks step by step, never
 * below `bytes`. */
void cache_set_capacity(struct cache *c, uint64_t capacity);
/* Goes on with what these three began, for one batch; true if there is more. */
bool cache_step(struct cache *c);

/* Evicts a batch of what is in the way of `bytes` more; true if there is more.
 * cache_put() does it all at once. */
bool cache_make_room(struct cache *c, uint64_t bytes);

/* How long a value outlives its expiry; also for those that are held. */
void cache_set_stale(struct cache *c, int64_t stale_ms);

/*
 * Walks the held values that can be given out.  True: the first of them at or
 * after *slot whose entry was born before `born` (shared->births at the
 * start of the walk), *slot is where, and key and value are borrowed under
 * the lock.  False: none in a batch of slots; *slot is where to go on, SIZE_MAX
 * at the end.
 */
bool cache_walk(const struct cache *c, size_t *slot, uint64_t born, int64_t now,
                struct key *key, struct cache_found *found);

/* The chain of entries that left since the last call; the caller's.  Walk and
 * free it without the lock. */
struct cache_entry *cache_take_gone(struct cache_shared *shared);
/* Reads the head of a chain: key and value (NULL if negative) are borrowed
 * until cache_gone_next(), which frees the head and returns the rest. */
enum cache_gone cache_gone_read(const struct cache_entry *e, struct key *key,
                                struct value **value);
struct cache_entry *cache_gone_next(struct cache_entry *e);

#endif
