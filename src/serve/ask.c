/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads meet in a request: the server's, which asks, and the one that
 * answers, a loader's mostly.  Which of them replies?
 *
 *     server's thread                   whoever answers
 *
 *     turn = ASKING
 *     group_get() --------------------> ask_answered()
 *          |                                 |    \ long: ask_make(), a chore
 *          v                                 v    v
 *     turn <- LEFT                      turn <- ANSWERED
 *
 * Both exchange, and each sees what was there before.  Who finds ASKING came
 * first, and is done with it: he touches nothing of the request any more, for
 * it may be replied to, and carry the next one, before he looks again.  The
 * second finds the other's mark and sees to the reply.  The server's thread
 * replies at once, without ever having suspended the connection: so it is with
 * a hit, whose answer comes before group_get() returns.  Another thread calls
 * http_ready(), and httpd calls ask_finish() on the server's.
 *
 * Who abandons a request does so while it waits (LEFT, and ask_finish() not
 * called yet), on the server's thread.  group_cancel() makes sure of an answer;
 * if there was one, something is being made, and its end is waited for.  Either
 * way ask_finish() follows, so there is one way only to the end of a request,
 * and a server that has stopped has none left.
 */
#include "serve/ask.h"

#include <errno.h>
#include <stdlib.h>

void ask_finish(void *owner, struct http_request *r)
{
	struct ask *a = ask_of(r);

	(void)owner;
	if (a->err)
		a->ops->fail(a);
	else
		a->ops->reply(a);
	group_unref(a->group);
	free((char *)a->key.data);
	buf_release(&a->made);
	a->group = NULL;
	a->value = NULL;
}

/* Nothing of the request is touched behind this. */
static void ask_pass_turn(struct ask *a)
{
	if (atomic_exchange(&a->turn, ASK_ANSWERED) == ASK_LEFT)
		http_ready(&a->http);
}

static void ask_make(struct job *job, int cancel_fd)
{
	struct ask *a = container_of(job, struct ask, job);

	(void)cancel_fd;
	a->ops->make(a);
}

static void ask_made(struct job *job)
{
	ask_pass_turn(container_of(job, struct ask, job));
}

static void ask_answered(struct waiter *w, const struct answer *answer)
{
	struct ask *a = container_of(w, struct ask, waiter);

	a->err = answer->err;
	a->value = answer->err ? NULL : value_ref(answer->value);
	a->fresh_ms = answer->fresh_ms;
	a->must_revalidate = answer->must_revalidate;
	if (a->value && a->ops->is_long && a->ops->is_long(a)) {
		a->job = (struct job){ .run = ask_make, .done = ask_made };
		if (node_submit(a->node, &a->job) == 0)
			return;
	}
	ask_pass_turn(a);
}

void ask_start(struct ask *a, struct node *node, struct group *g,
               struct key key, unsigned int want, const struct ask_ops *ops)
{
	char *copy = malloc(key.len + 1);

	a->ops = ops;
	a->node = node;
	a->group = g;
	buf_init(&a->made, 0);
	if (!copy) {
		a->key = key_of(NULL, 0);
		a->err = -ENOMEM;
		ask_finish(NULL, &a->http);
		return;
	}
	a->key = key_copy(key, copy);
	atomic_store(&a->turn, ASK_ASKING);
	waiter_init(&a->waiter, ask_answered);
	group_get(g, a->key, want, &a->waiter);
	if (atomic_exchange(&a->turn, ASK_LEFT) == ASK_ANSWERED)
		ask_finish(NULL, &a->http);
}

void ask_abandon(void *owner, struct http_request *r)
{
	struct ask *a = ask_of(r);

	(void)owner;
	group_cancel(a->group, &a->waiter, -ECANCELED);
}

void ask_release_value(void *value)
{
	value_unref(value);
}
