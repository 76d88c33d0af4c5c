/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another node: asking it for values, telling it what is no longer valid,
 * and knowing whether it is there.
 *
 * A peer has a thread of its own, its keeper, which sends heartbeats and
 * invalidations.  Invalidations wait while the peer is down, at most
 * PEER_BACKLOG_MAX of them; what does not fit becomes one invalidation of the
 * whole group.
 *
 * A peer is shared by counting references; peer_stop() and peer_close() end its
 * thread.
 */
#ifndef DREAMFS_PEER_H
#define DREAMFS_PEER_H

#include "getter/getter.h"
#include "lib/histogram.h"
#include "peer/health.h"
#include "peer/wire/codec.h"
#include "peer/wire/dialect.h"

#define PEER_BACKLOG_MAX 4096

struct peer_settings {
	const struct dialect *dialect;
	const struct codec_ops *codec;
	int64_t timeout_ms; /* to connect, and for the first byte */
	int64_t health_ms;  /* between heartbeats */
};

struct peer;

/* `url` as the ring knows it.  Starts the keeper.  0, or a negative errno with
 * the reason. */
int peer_create(struct peer **out, const char *url,
                const struct peer_settings *settings, struct reason *why);
struct peer *peer_ref(struct peer *p);
void peer_unref(struct peer *p);
/*
 * The end of the keeper, once.  peer_stop() breaks its heartbeat off and never
 * blocks; what a peer that is up has not been told yet it is told first, as far
 * as one timeout allows.  peer_close() waits for that: who has several peers
 * stops them all before.
 */
void peer_stop(struct peer *p);
void peer_close(struct peer *p);

/* Borrowed. */
const char *peer_url(const struct peer *p);
/* Any thread, never blocks. */
bool peer_is_up(struct peer *p);
struct health peer_health(struct peer *p);
/*
 * Whether it may be asked in another's place, which is down: a Go groupcache
 * program would ask the one that is down, without a timeout.  Its heartbeats
 * tell (DREAMEMO's programs answer them, but look after themselves); false
 * before the first.  Any thread, never blocks.
 */
bool peer_settles(struct peer *p);

/* The peer had no answer (it is down, failing, talks nonsense): load it
 * yourself.  Never seen by a reader. */
#define PEER_NO_ANSWER (-EREMOTEIO)

/*
 * Asks for a value; blocks, on a loader thread, like a getter, and like one
 * returns early when load->cancel_fd is readable.  A peer that is silent for
 * half of its timeout is probed by a heartbeat; if it answers that, its load
 * is slow and is waited for, else it is down.
 *
 * 0 with result->value; -ENOENT -EACCES -EFBIG as the owner says;
 * -ECANCELED; PEER_NO_ANSWER with the reason.
 */
int peer_get(struct peer *p, const struct load *load,
             struct load_result *result);

/* How long its answers to peer_get() took, failures included. */
struct histogram_figures peer_took(struct peer *p);

/* Tells the peer, soon, that the key (with data NULL: the whole group) is no
 * longer valid.  Never blocks. */
void peer_invalidate(struct peer *p, const char *group, struct key key);

#endif
