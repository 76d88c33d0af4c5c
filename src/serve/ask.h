/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request for the value of a key, from the question to its reply: the same
 * for peers and at the front door.
 *
 * A server's request_size is that of a struct ask, or of a structure that
 * begins with one; ask_finish() and ask_abandon() are in its httpd_ops, and
 * its begin() calls ask_start() for what is to be answered with a value.  All
 * of these run on the server's thread.
 *
 * The reply is made on the server's thread, too, at once if the value is held.
 * Else the request waits, which costs its connection and no thread, until its
 * group answers: with what was loaded, with a failure, or with -ETIMEDOUT when
 * the group's `timeout` is over.  When the client hangs up or the server stops,
 * it is answered with -ECANCELED.
 *
 * What takes long to make of a value, a hash of megabytes or their JSON, is
 * made on a thread for chores, so that the server's goes on with the others.
 */
#ifndef DREAMFS_ASK_H
#define DREAMFS_ASK_H

#include "lib/buf.h"
#include "net/httpd.h"
#include "node/node.h"

#include <stdatomic.h>

struct ask;

/* What becomes of the answer. */
struct ask_ops {
	/* Optional, both: is there so much to make of the value that it would
	 * keep others waiting?  Then it is made before the reply, on any
	 * thread. */
	bool (*is_long)(const struct ask *a);
	void (*make)(struct ask *a);
	/* Replies with a->value, and takes that reference. */
	void (*reply)(struct ask *a);
	/* Replies with what a->err means. */
	void (*fail)(struct ask *a);
};

enum ask_turn { ASK_ASKING, ASK_LEFT, ASK_ANSWERED };

struct ask {
	struct http_request http; /* first */
	/* Until the reply: */
	const struct ask_ops *ops;
	struct group *group; /* a reference */
	struct key key;      /* a copy */
	/* The answer, as in struct answer. */
	int err;
	struct value *value; /* a reference */
	int64_t fresh_ms;
	bool must_revalidate;
	struct buf made; /* whatever make() made; empty before */
	/* The rest is ask.c's. */
	struct node *node;
	struct waiter waiter;
	struct job job;
	_Atomic enum ask_turn turn;
};

static inline struct ask *ask_of(struct http_request *r)
{
	return container_of(r, struct ask, http);
}

/* Asks for the key's value, `want` as group_get() has it, and replies in time.
 * Takes the group's reference. */
void ask_start(struct ask *a, struct node *node, struct group *g,
               struct key key, unsigned int want, const struct ask_ops *ops);

void ask_finish(void *owner, struct http_request *r);
void ask_abandon(void *owner, struct http_request *r);

/* For a reply that sends of the value, which is then what it holds. */
void ask_release_value(void *value);

#endif
