/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a group, shared by group.c (life, settings, figures),
 * group_list.c, read.c (the read path) and load.c (what becomes of a load).
 *
 * One mutex guards cache and flights together, so that "is it held, is it on
 * its way, else start a load" is one step, and "it came: hold it unless it
 * was invalidated meanwhile" is another.  Nothing foreign is called under it
 * and no bytes move under it.
 *
 * What is not held is kept for GRACE_MS all the same, so that a program
 * that looks at a file before it opens it does not load it twice.  That is
 * never given out stale.
 */
#ifndef DREAMFS_GROUP_PRIV_H
#define DREAMFS_GROUP_PRIV_H

#include "group/failures.h"
#include "group/group.h"
#include "group/history.h"
#include "lib/histogram.h"
#include "os/log.h"
#include "peer/recents.h"

#include <pthread.h>
#include <time.h>

#define GRACE_MS          1000
#define STEP_PAUSE_NS     50000
#define STALE_BELIEVED_MS 1000 /* how long a reader need not ask again */

/* In the order in which they are searched. */
enum cache_kind {
	CACHE_MAIN,  /* what our getter brought */
	CACHE_HOT,   /* some of what peers answered (groupcache's word) */
	CACHE_GRACE, /* what neither takes, for a moment */
	CACHE_KINDS,
};

struct group {
	atomic_uint refs;
	char *name;
	struct group_host *host;
	struct lane lane;
	struct ticker_client clock;
	struct counters counters;
	struct histogram took[VALUE_SOURCES]; /* loads, by source */
	struct log_limit not_loaded, not_kept;
	pthread_mutex_t lock;
	/* under lock */
	struct group_settings settings;
	struct getter *getter; /* a reference */
	struct cache caches[CACHE_KINDS];
	uint64_t dice; /* for which answers of peers are kept */
	struct flights flights;
	int refreshing; /* flights in the background, at most half of the loads
			   that the group may run */
	struct failures failures;
	struct recents recents; /* invalidations */
	struct history history;
	bool closed;
};

/* Under the lock: cache_find(), cache_peek() and cache_remove() in all. */
struct cache_found held_find(struct group *g, struct key key, int64_t now);
struct cache_found held_peek(const struct group *g, struct key key,
                             int64_t now);
void held_remove(struct group *g, struct key key);

/* Until when a value that was found may be believed. */
int64_t found_believed(const struct cache_found *found, int64_t now);

/* Between two steps, without the lock, when there is nothing else to be done:
 * others who wait for it get it.  Without a pause we would be faster. */
static inline void group_pause(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = STEP_PAUSE_NS }, NULL);
}

/* Releases the lock, then reports and frees what left the cache under it. */
void group_unlock(struct group *g);

/* The ticker's call: deadlines and expiry. */
int64_t group_tick(struct ticker_client *client, int64_t now);

/* Answers every waiter with `err` and ends their loads. */
void group_abort(struct group *g, int err);

/* Starts a load, without the lock; its job does what follows. */
void flight_start(struct flight *f);
void flight_run(struct job *job, int cancel_fd);
void flight_done(struct job *job);
/* Under the lock: a background load took too long. */
void flight_time_out(struct flight *f, int64_t now);
/* Under the lock, when a waiter left: true if nobody waits any more.  The
 * caller then holds a reference and calls flight_cancel() without the lock. */
bool flight_unwanted(struct group *g, struct flight *f);
void flight_cancel(struct flight *f);
/* Gives a reference back, without the lock. */
void flight_release(struct flight *f);

#endif
