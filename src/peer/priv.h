/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of a peer share: peer.c, how to speak to it, its health,
 * keeper and life; ask.c, asking it for a value.
 */
#ifndef DREAMFS_PEER_PRIV_H
#define DREAMFS_PEER_PRIV_H

#include "net/fetch.h"
#include "os/log.h"
#include "peer/backlog.h"
#include "peer/peer.h"

#include <pthread.h>
#include <stdatomic.h>

#define HTTP_OK 200

struct peer {
	atomic_uint refs;
	char *url;
	struct peer_settings settings;
	struct fetch_pool *pool;
	int stop_fd; /* readable: the keeper's heartbeat ends */
	pthread_t keeper;
	atomic_bool up; /* of health, for readers without the lock */
	atomic_bool settles;
	struct histogram took;
	struct log_limit flips; /* between up and down */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* under lock */
	struct health health;
	struct backlog backlog;
	bool stop;
	int64_t stop_ms; /* by then, the keeper has ended */
};

/* The peer answered, badly or not at all. */
void peer_note(struct peer *p, enum health_event event, bool heartbeat);
/* Is it there?  0; -EHOSTDOWN without an answer, or when it leaves;
 * -ECANCELED; or another negative errno for a bad answer. */
int peer_probe(struct peer *p, int64_t timeout_ms, int cancel_fd);

/* A request to the peer and its answer. */
struct peer_call {
	struct fetch *fetch; /* NULL without memory */
	struct buf url;
	struct fetch_reply reply;
};

/* Asks about a key, as `request` says but for its URL.  As fetch_run(), and
 * -ENOMEM, which is not the peer's fault; c->reply.why says why.  Whatever it
 * returns, peer_call_end() is due. */
int peer_call(struct peer *p, struct peer_call *c,
              const struct dialect *dialect, const char *group, struct key key,
              struct fetch_request *request);
void peer_call_end(struct peer_call *c);

#endif
