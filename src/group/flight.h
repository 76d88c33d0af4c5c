/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One load per key at a time, everyone else waits on it.
 *
 * A flight is a load on its way and its waiters.  While it is attached, new
 * requests for its key join it.  It is detached when it is done, when the key
 * is invalidated (what it brings is then for those who already wait, but not
 * for the cache), when it takes longer than a reader may wait (the next
 * reader gets a load of its own rather than a hung one), or when nobody waits
 * any more.
 *
 * Waiters are callbacks, not threads: a waiter is embedded in the caller's
 * request and answered exactly once.  Each has a deadline of its own.
 *
 * A flight in the background, which renews a stale value, has a waiter of its
 * own: so it is wanted until it is done, and not longer than a reader would
 * wait.  While that waits it holds a reference on its flight.
 *
 * Nothing here has a lock: everything is called under the group's, and
 * nothing calls out.
 */
#ifndef DREAMFS_FLIGHT_H
#define DREAMFS_FLIGHT_H

#include "lib/key.h"
#include "lib/list.h"
#include "lib/reason.h"
#include "lib/table.h"
#include "lib/value.h"
#include "os/pool.h"

#include <stdbool.h>
#include <stdint.h>

struct group;

/* Who makes the load.  A peer's request may only wait for one that this node
 * makes: if two nodes each took the other for the owner, they would wait for
 * each other (mailgun/groupcache#72). */
enum flight_route {
	FLIGHT_OPEN,  /* not decided yet */
	FLIGHT_LOCAL, /* our getter */
	FLIGHT_PEER,  /* the owner is asked */
};

/* What a waiter is told. */
struct answer {
	int err;              /* 0 or a negative errno */
	struct value *value;  /* borrowed for the call; when err is 0 */
	int64_t fresh_ms;     /* fresh until then; CLOCK_NEVER: always; a
				time that has passed: stale */
	bool must_revalidate; /* not to be given out when it expired */
};

enum waiter_state { WAITER_NEW, WAITER_WAITING, WAITER_ANSWERED };

struct waiter {
	/*
	 * Called exactly once, without any lock: at once from group_get(), or
	 * later from a loader thread, the ticker or whoever cancels.  The
	 * waiter is the owner's again.
	 */
	void (*done)(struct waiter *w, const struct answer *answer);
	/* The rest belongs to the group, under its lock. */
	struct list_node in_flight;
	struct list_node by_deadline;
	struct flight *flight;
	int64_t deadline;
	int cancelled; /* a negative errno, when cancelled before it began */
	enum waiter_state state;
};

struct flight {
	struct job job;
	struct table_node node;
	struct key key;
	struct list_node waiters;
	struct waiter own;      /* in the background */
	struct group *group;    /* a reference */
	struct value *previous; /* a reference; to revalidate, or NULL */
	int refs;               /* under the group's lock */
	bool attached;
	bool refresh;            /* the owner, too, is to load it anew */
	enum flight_route route; /* under the group's lock */
	int64_t started_ms;
	/* Written by the loader, read when it is done. */
	struct value *value; /* a reference */
	bool from_peer;
	int err;
	int64_t ttl_ms;
	bool must_revalidate;
	struct reason why;
	char bytes[]; /* the key's */
};

struct flights {
	struct table table;         /* the attached ones */
	struct list_node deadlines; /* all waiters, the next one due first */
};

int flights_init(struct flights *f);
void flights_release(struct flights *f);

/* Attached, or NULL.  `local`: not one that asks a peer. */
struct flight *flight_find(const struct flights *f, struct key key, bool local);
/* A new one, attached, with one reference; NULL without memory. */
struct flight *flight_create(struct flights *f, struct group *group,
                             struct key key, int64_t now);
void flight_detach(struct flights *f, struct flight *flight);
void flights_detach_all(struct flights *f);
/* Gives a reference back; true: it was the last, the caller frees with
 * flight_destroy() when it has released the lock. */
bool flight_unref(struct flight *flight);
void flight_destroy(struct flight *flight);

void waiter_init(struct waiter *w,
                 void (*done)(struct waiter *w, const struct answer *answer));
/* Waits in `flight` until `deadline`. */
void flight_join(struct flights *f, struct flight *flight, struct waiter *w,
                 int64_t deadline);
/* Takes the waiter out: it is answered by the caller. */
void flight_leave(struct waiter *w);

/* Takes one waiter out, NULL when none is left (or none is due). */
struct waiter *flight_next_waiter(struct flight *flight);
struct waiter *flights_next_due(struct flights *f, int64_t now);
/* When the next waiter's time is up, CLOCK_NEVER without waiters. */
int64_t flights_deadline(const struct flights *f);

#endif
