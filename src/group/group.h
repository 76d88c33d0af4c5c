/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group: a named set of keys with a getter, a cache and one read path.
 *
 *	group_get -> cache -> flight -> peer or getter -> value
 *
 * Each verb has one meaning, in this folder and in cache/:
 *
 *	find         what is held, for use: it counts, and the policy sees it
 *	peek         what is held, leaving no trace
 *	get          find, else join the load that is on its way or start one
 *	renew        load again what is held and stale, for nobody in particular
 *	cancel       a waiter wants no answer, a load has no waiter any more
 *	invalidate   what is held or on its way no longer stands for its key
 *
 * With `stale_ms` a value that expired is given out that much longer: at once,
 * while one load in the background renews it (stale-while-revalidate of RFC
 * 5861), and on while that fails (stale-if-error).  What the source answers is
 * believed: a new value or "not modified", and also no such key, denied and
 * too large, which drop the stale value.  What fails (EIO, no answer within
 * timeout_ms) is tried again by a reader who comes after a pause of one
 * second, which grows to five.  At most half of the group's `loads`
 * are in the background: who finds no place leaves it to the next reader.
 * Invalidated values, "no such key" and what the source says must be
 * revalidated are never stale; GROUP_REFRESH never takes a stale one.
 *
 * Everything may be called from any thread; no call blocks, except where it
 * says so.  A group is shared by counting references and works until it is
 * closed.
 */
#ifndef DREAMFS_GROUP_H
#define DREAMFS_GROUP_H

#include "cache/cache.h"
#include "getter/getter.h"
#include "group/counters.h"
#include "group/flight.h"
#include "group/settings.h"
#include "lib/buf.h"
#include "lib/histogram.h"
#include "os/pool.h"
#include "os/ticker.h"
#include "peer/peers.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct group;

/* Whoever keeps copies of what a group holds: the filesystem, for the
 * kernel's.  Called without any lock, from any thread; must not block. */
struct group_listener {
	/* The value held for `key` until now left the cache, alone; or the
	 * key was invalidated, held or not. */
	void (*gone)(struct group_listener *l, struct group *g, struct key key);
	/* All of them, held or not. */
	void (*cleared)(struct group_listener *l, struct group *g);
	/* The group is no more. */
	void (*closed)(struct group_listener *l, struct group *g);
};

/* What a group needs of its surroundings; outlives it. */
struct group_host {
	struct pool *pool;
	struct ticker *ticker;
	struct group_listener *_Atomic listener; /* NULL: nobody */
	struct peers *peers;                     /* NULL: standalone */
};

/* 0 or a negative errno.  Takes a reference of its own on the getter. */
int group_create(struct group **out, const char *name,
                 const struct group_settings *settings, struct getter *getter,
                 struct group_host *host);
struct group *group_ref(struct group *g);
void group_unref(struct group *g);
/*
 * Ends all loads, answers all waiters (EIO) and every later request with
 * ENOENT.  Blocks until the getter has returned everywhere and nothing more
 * is told to anyone.  Not from a waiter's or listener's call.  Once.
 */
void group_close(struct group *g);

const char *group_name(const struct group *g);
struct group_settings group_settings(struct group *g);

/* Settings at run time; what is held stays as far as it fits. */
int group_set_policy(struct group *g, const struct evict_ops *ops);
void group_set_capacity(struct group *g, uint64_t capacity);
/* For what is loaded from now on. */
void group_set_ttl(struct group *g, int64_t ttl_ms);
/* All of them, and the getter for what is loaded from now on; `keep`: what is
 * held stays, else the values are from another source and go. */
int group_configure(struct group *g, const struct group_settings *settings,
                    struct getter *getter, bool keep);

/* ---- the read path ---- */

enum group_want {
	GROUP_HELD_OR_LOAD = 0, /* the usual; the others are flags */
	GROUP_REFRESH = 1,      /* load even what is held and fresh */
	GROUP_FOR_PEER = 2,     /* for another node: never ask a third one; and
				   a closed group answers -ESHUTDOWN, not "no
				   such key" */
};

/*
 * Asks for a value; `w` (after waiter_init()) is answered exactly once, maybe
 * before this returns.  Errors: -ENOENT -EACCES -EFBIG -ETIMEDOUT -EIO, and
 * -EINTR or whatever it was cancelled with.
 */
void group_get(struct group *g, struct key key, unsigned int want,
               struct waiter *w);
/* Answers the waiter with `err` now, unless it was answered already.  May be
 * called before group_get() has begun: then that answers. */
void group_cancel(struct group *g, struct waiter *w, int err);

/* What is known about a key, without loading. */
struct group_peek {
	enum cache_state state;
	struct value *value; /* a reference; NULL if absent or negative */
	int64_t expires_ms;
	uint64_t hits;
	struct reason why; /* the last failure; "" if none */
};

/* A get that is satisfied only if the value is held and may be given out:
 * returns it, with a reference, and counts a hit; else NULL and counts nothing.
 * *until_ms: when to ask again, at its expiry or, since a stale value may be
 * renewed any time, soon.  *stale: whoever gives it out calls group_renew(),
 * and only that counts. */
struct value *group_find(struct group *g, struct key key, int64_t *until_ms,
                         bool *stale);
void group_renew(struct group *g, struct key key);
/* Leaves no trace.  Release with group_peek_release(). */
struct group_peek group_peek(struct group *g, struct key key);
void group_peek_release(struct group_peek *peek);

/* Drops what is held and what is on its way, on this node. */
void group_invalidate(struct group *g, struct key key);
void group_clear(struct group *g);
/* A peer says that the key was invalidated so long ago: does so, unless that
 * is known. */
void group_invalidate_ago(struct group *g, struct key key, int64_t age_ms);
/* Invalidates, and tells every peer; those do not pass it on. */
void group_invalidate_everywhere(struct group *g, struct key key);
void group_clear_everywhere(struct group *g);

/* ---- listing ---- */

struct group_listed {
	struct value *value; /* a reference */
	int64_t until_ms;    /* when to ask again, as group_find() says */
	size_t slot;         /* its position; the next call goes on behind it */
	struct key key;      /* owned */
};

/* When a listing begins: the mark that it is given. */
uint64_t group_list_begin(struct group *g);
/* Copies up to `max` of the keys held since before `mark`, from position
 * `from` on (0 to begin); returns how many. */
size_t group_list(struct group *g, size_t from, uint64_t mark,
                  struct group_listed *out, size_t max);
void group_listed_release(struct group_listed *l);

/* ---- figures ---- */

struct group_stats {
	uint64_t of[COUNTER_COUNT];
	uint64_t evictions, expired;
	uint64_t bytes, items, capacity;
	uint64_t hot_bytes, hot_items; /* of these, other nodes' */
};

struct group_stats group_stats(struct group *g);
/* How long its loads took, failures included, by where they went. */
struct histogram_figures group_took(struct group *g, enum value_source source);
/* Takes a sample for its history; every HISTORY_MS. */
void group_sample(struct group *g);
/* Appends history_print(), with the span that has just begun. */
int group_history_print(struct group *g, struct buf *out);
/* Appends all of them, `name=value` with spaces between; 0 or a negative
 * errno. */
int group_stats_print(const struct group_stats *s, struct buf *out);
/* As the xattr `getter` shows it; `out` has room for `size` bytes. */
void group_describe_getter(struct group *g, char *out, size_t size);

#endif
