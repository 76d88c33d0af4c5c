/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peers of this node and who of them owns a key.
 *
 * A struct ring is one membership: the list of peers, which of them is this
 * node, and their placement.  It never changes and is shared by counting
 * references.  Peers that are down are still members; who may be chosen just
 * now is a callback of ring_owner(), so health changes nothing here.
 *
 * A struct ring_cell holds the current membership.  A reader takes a
 * reference and works with that ring for one whole request, so indices and
 * names stay valid whatever is swapped in meanwhile.
 *
 *     cell --> ring 2 (2 references: the cell, a request)
 *              ring 1 (1 reference: a request begun before the swap)
 *
 * Names are URLs and are compared, hashed and printed byte for byte as the
 * configuration has them: the Go programs hash these very bytes, so even
 * "http://a:1" and "http://a:1/" are different peers.  Nothing is normalised.
 */
#ifndef DREAMFS_RING_H
#define DREAMFS_RING_H

#include "lib/reason.h"
#include "peer/placement/placement.h"

#include <pthread.h>

/* Longest name of a peer in bytes. */
#define RING_NAME_MAX 1024

struct ring;

/*
 * Copies the names.  `replicas` 0: the placement's default.  Returns the
 * first reference in *out and 0; -EINVAL with the reason, one of
 *   no peer, too many peers or replicas;
 *   a peer that is not http(s)://HOST[:PORT][/PATH] with a port of 1 to 65535
 *   (IPv6 in brackets; no user, query, fragment, space or control character);
 *   a peer listed twice;
 *   `self` not one of the peers;
 * or -ENOMEM.
 */
int ring_create(struct ring **out, const struct placement_ops *ops,
                const char *const *peers, size_t count, const char *self,
                unsigned int replicas, struct reason *why);
/* Returns its argument with one reference more. */
struct ring *ring_ref(struct ring *r);
/* Gives a reference back, from any thread; NULL is fine. */
void ring_unref(struct ring *r);

/* Peers have indices below the count, in the order of the configuration. */
size_t ring_count(const struct ring *r);
/* Borrowed from the ring. */
const char *ring_name(const struct ring *r, size_t peer);
size_t ring_self(const struct ring *r);
/* The path of this node's own URL, which other peers put before the base
 * path of a request: "" or "/…".  Borrowed from the ring. */
const char *ring_self_path(const struct ring *r);
const char *ring_placement(const struct ring *r);
/* The index of the peer of that name, or PLACEMENT_NONE. */
size_t ring_find(const struct ring *r, const char *name);

/* The index of the key's first owner alive (placement.h), PLACEMENT_NONE when
 * there is none.  `alive` NULL: every peer is. */
size_t ring_owner(const struct ring *r, struct key key,
                  const struct placement_alive *alive);

/* The peer's expected share of all keys, all peers alive: 0 to 1. */
double ring_share(const struct ring *r, size_t peer);

/* The current ring; any thread. */
struct ring_cell {
	pthread_mutex_t lock;
	struct ring *current; /* under lock; owned */
};

/* Takes over the caller's reference; `first` NULL: standalone for now. */
void ring_cell_init(struct ring_cell *cell, struct ring *first);
/* No other call is under way or follows. */
void ring_cell_release(struct ring_cell *cell);
/* A reference for the caller; NULL when there is no ring. */
struct ring *ring_cell_get(struct ring_cell *cell);
/* Takes over the caller's reference and gives the old ring's back. */
void ring_cell_swap(struct ring_cell *cell, struct ring *next);

#endif
