/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a group.  Its files, each of which calls only those below:
 *
 *	group.c   it begins and ends; settings, invalidation, figures
 *	list.c    listing
 *	read.c    the read path, and its waiters
 *	load.c    what becomes of a load
 *	base.c    references, the lock
 *	held.c flight.c failures.c history.c, which know no group
 *
 * One mutex guards what is held and the flights together, so that "is it held,
 * is it on its way, else start a load" is one step, and "it came: hold it
 * unless it was invalidated meanwhile" is another.  Nothing foreign is called
 * under it and no bytes move under it.
 */
#ifndef DREAMFS_GROUP_PRIV_H
#define DREAMFS_GROUP_PRIV_H

#include "group/failures.h"
#include "group/group.h"
#include "group/held.h"
#include "group/history.h"
#include "lib/histogram.h"
#include "os/log.h"
#include "peer/recents.h"

#include <pthread.h>
#include <time.h>

#define STEP_PAUSE_NS     50000
#define STALE_BELIEVED_MS 1000 /* how long a reader need not ask again */

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
	struct held held;
	uint64_t dice; /* for which answers of peers are kept */
	struct flights flights;
	int refreshing; /* flights in the background, at most half of the loads
			   that the group may run */
	struct failures failures;
	struct recents recents; /* invalidations */
	struct history history;
	bool closed;
};

/* Between two steps, without the lock, when there is nothing else to be done:
 * others who wait for it get it.  Without a pause we would be faster. */
static inline void group_pause(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = STEP_PAUSE_NS }, NULL);
}

/* ---- base.c ---- */

/* Releases the lock, then reports and frees what left under it. */
void group_unlock(struct group *g);

/* ---- load.c ---- */

/* A flight's job; starting it, without the lock, is all that others do. */
void flight_start(struct flight *f);
void flight_run(struct job *job, int cancel_fd);
void flight_done(struct job *job);
/* Under the lock: a background load took too long. */
void flight_time_out(struct flight *f, int64_t now);
/* Under the lock, when a waiter left: the flight if nobody waits any more, else
 * NULL.  With a reference, for flight_cancel() without the lock. */
struct flight *flight_unwanted(struct flight *f);
void flight_cancel(struct flight *f);
/* Gives a reference back, without the lock. */
void flight_release(struct flight *f);

/* ---- read.c ---- */

/* Until when a value that was found may be believed. */
int64_t found_believed(const struct cache_found *found, int64_t now);

/* The ticker's call: deadlines and expiry. */
int64_t group_tick(struct ticker_client *client, int64_t now);
/* Answers the waiters whose time is up by `until`, and ends their loads. */
void group_expire(struct group *g, int64_t until, int err);

#endif
