/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What client.c (a connection) and pool.c (all of them) share. */
#ifndef DREAMFS_REDIS_PRIV_H
#define DREAMFS_REDIS_PRIV_H

#include "getter/redis/client.h"
#include "getter/redis/url.h"
#include "net/stream.h"

#include <hiredis.h>
#include <pthread.h>

struct redis_pool {
	struct redisurl url;
	const struct remote_options *options; /* borrowed */
	pthread_mutex_t lock;
	/* Under the lock: */
	struct redis *idle; /* the last one given back first */
	size_t idle_count;
	int failures;     /* to connect, in a row; 0: all is well */
	int64_t retry_at; /* of clock.h; nobody tries before */
	bool trying;      /* somebody does, for all */
	int failed;       /* how the last one failed, and why */
	struct redis_failure failure;
};

struct redis {
	struct redis_pool *pool;
	struct redis *next; /* in pool->idle */
	struct stream *stream;
	redisReader *reader;
	struct buf commands; /* not sent yet */
	struct redis_reply reply;
	struct redis_failure *failure; /* of who has it, borrowed */
	struct stream_wait wait;       /* for them; has a deadline while
					  signing in */
	bool reused;      /* since redis_begin(): it is an old one, */
	bool heard;       /* and has said something */
	bool begun;       /* since redis_send(): the replies have begun */
	bool large;       /* it had a large reply */
	bool strange;     /* the reply is none that we know */
	char room[16384]; /* for what is received at once */
};

/* Connects, without signing in: for that is the deadline.  As redis_begin(). */
int redis_open(struct redis **out, struct redis_pool *pool, int cancel_fd,
               struct redis_failure *failure);
void redis_close(struct redis *c);

/* No reply is on its way, and the other side is there. */
bool redis_is_idle(const struct redis *c);
/* Makes it ready to be kept: 0, or it cannot be. */
int redis_rest(struct redis *c);

#endif
