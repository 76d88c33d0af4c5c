/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread for everything that must happen at a time: readers' deadlines,
 * the sweep of expired entries.
 *
 * A client's tick() is called without any lock; it does what is due and
 * returns when it wants to be called next.  ticker_wake() makes that sooner.
 */
#ifndef DREAMFS_TICKER_H
#define DREAMFS_TICKER_H

#include "lib/list.h"

#include <stdint.h>

struct ticker;

struct ticker_client {
	/* Returns the next time in clock_now_ms() terms, CLOCK_NEVER: none. */
	int64_t (*tick)(struct ticker_client *client, int64_t now);
	struct list_node node; /* the ticker's */
	int64_t due;           /* the ticker's */
};

/* Starts the thread.  0 or a negative errno. */
int ticker_create(struct ticker **out);
/* Ends the thread; no clients are left. */
void ticker_destroy(struct ticker *t);

/* The client is first called at once. */
void ticker_add(struct ticker *t, struct ticker_client *client);
/* On return tick() is not running and will not run any more; must not be
 * called from a tick. */
void ticker_remove(struct ticker *t, struct ticker_client *client);

/* Call the client at `when` if it was to be called later.  Cheap. */
void ticker_wake(struct ticker *t, struct ticker_client *client, int64_t when);

#endif
