/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded pool of threads for loads, shared fairly.
 *
 * Work comes in lanes, one a group.  A lane runs at most `limit` jobs at
 * once and has its turn with the others.  Of the pool's threads a few are
 * reserved for each lane: a lane that hangs with all it may run still
 * leaves every other lane its share, so a slow group never starves another.
 * (With more lanes than threads every lane still gets one, and a lane that
 * comes when the others run all they may still gets its share: the pool then
 * has so many threads more.)
 *
 * A job runs on a thread that also gives it a descriptor to poll: it becomes
 * readable when the job is cancelled.
 */
#ifndef DREAMFS_POOL_H
#define DREAMFS_POOL_H

#include "lib/list.h"

#include <stdbool.h>

struct pool;
struct pool_worker;

/* Embedded in a group; the fields are the pool's. */
struct lane {
	struct list_node node;   /* among the pool's lanes */
	struct list_node queued; /* jobs, oldest first */
	int limit;
	int running;
	int ending; /* no longer running, in done() */
	bool removed;
};

/* Embedded in whatever is to be done.  Zeroed but for the functions. */
struct job {
	/* Does the work; may block as long as `cancel_fd` is not readable. */
	void (*run)(struct job *job, int cancel_fd);
	/* Called next, on the same thread, when the job no longer counts as
	 * running; it may free the job. */
	void (*done)(struct job *job);
	struct list_node node;      /* the pool's */
	struct lane *lane;          /* the pool's */
	struct pool_worker *worker; /* the pool's; not NULL while running */
	bool queued;                /* the pool's */
};

/* Threads are started as they are needed, `limit` of them at most, or what the
 * lanes' shares need if that is more.  0 or a negative errno. */
int pool_create(struct pool **out, int limit);
/* No lane is left; waits for the threads. */
void pool_destroy(struct pool *p);
void pool_set_limit(struct pool *p, int limit);

void pool_add_lane(struct pool *p, struct lane *lane, int limit);
/* Takes no more jobs and waits for those it has, until their done() has
 * returned: what they report to may go then.  Not to be called from a job.
 * The lane's memory stays for those who may still submit. */
void pool_remove_lane(struct pool *p, struct lane *lane);
void pool_set_lane_limit(struct pool *p, struct lane *lane, int limit);

/* 0; or -EAGAIN when no thread can be started at all, or -ESHUTDOWN when the
 * lane was removed: the job was not taken. */
int pool_submit(struct pool *p, struct lane *lane, struct job *job);

/* True: the job was still queued and is the caller's again, it never runs.
 * False: it is running (and was told) or done. */
bool pool_cancel(struct pool *p, struct job *job);

#endif
