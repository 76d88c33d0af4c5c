/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a group, shared by group.c (life, settings, figures) and
 * read.c (the read path).
 *
 * One mutex guards cache and flights together, so that "is it held, is it on
 * its way, else start a load" is one step, and "it came: hold it unless it
 * was invalidated meanwhile" is another.  Nothing foreign is called under it
 * and no bytes move under it.
 *
 * What the cache does not take (a value larger than the capacity) is kept
 * for PASSING_MS, so that a program that looks at a file before it opens it
 * does not load it twice.
 */
#ifndef DREAMFS_GROUP_PRIV_H
#define DREAMFS_GROUP_PRIV_H

#include "failures.h"
#include "group.h"

#include <pthread.h>

#define PASSING_MS 1000

struct group {
	atomic_uint refs;
	char *name;
	struct group_host *host;
	struct lane lane;
	struct ticker_client clock;
	struct counters counters;
	pthread_mutex_t lock;
	/* under lock */
	struct group_settings settings;
	struct getter *getter; /* a reference */
	struct cache cache;
	struct cache passing; /* what the cache does not take, for a moment */
	struct flights flights;
	struct failures failures;
	bool closed;
};

/* Under the lock: cache_find() in what is held, then in what is passing. */
struct cache_found group_find(struct group *g, struct key key, int64_t now);

/* Releases the lock, then reports and frees what left the cache under it. */
void group_unlock(struct group *g);

/* The ticker's call: deadlines and expiry. */
int64_t group_tick(struct ticker_client *client, int64_t now);

/* Answers every waiter with `err` and ends their loads. */
void group_abort(struct group *g, int err);

#endif
