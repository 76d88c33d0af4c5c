/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peers of this node and who of them owns a key.
 *
 * A struct ring is one membership: the list of peers, which of them is this
 * node, and their placement.  It never changes and is shared by counting
 * references: indices and names stay valid while one is held.  Peers that are
 * down are still members; who may be chosen just now is a callback of
 * placement_owner(), so health changes nothing here.
 *
 * Names are URLs and are compared, hashed and printed byte for byte as the
 * configuration has them: the Go programs hash these very bytes, so even
 * "http://a:1" and "http://a:1/" are different peers.  Nothing is normalised.
 */
#ifndef DREAMFS_RING_H
#define DREAMFS_RING_H

#include "lib/reason.h"
#include "peer/placement/placement.h"

#include <stdatomic.h>

/* Longest name of a peer in bytes. */
#define RING_NAME_MAX 1024

/* To be read by whoever has a reference. */
struct ring {
	atomic_uint refs;
	struct placement placement;
	size_t count;          /* of peers; they have indices below it, in the
				  order of the configuration */
	size_t self;           /* this node's index */
	const char *self_path; /* of its own URL, which other peers put before
				  the base path of a request: "" or "/…" */
	char **names;
	double *shares; /* of all keys, all peers alive: 0 to 1 */
};

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

/* The index of the peer of that name, or PLACEMENT_NONE. */
size_t ring_find(const struct ring *r, const char *name);

#endif
