/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All peers of this node: who owns a key now, and telling everybody.
 *
 * The membership is a view: a ring and the peers in its order, immutable and
 * swapped whole when the configuration changes.  A peer that stays in the
 * list keeps its connections and what is known of its health.
 */
#ifndef DREAMFS_PEERS_H
#define DREAMFS_PEERS_H

#include "peer/peer.h"
#include "peer/placement/placement.h"
#include "peer/placement/ring.h"

struct peers_config {
	struct peer_settings peer;
	const struct placement_ops *placement;
	unsigned int replicas; /* 0: the placement's default */
	char *const *urls;
	size_t count;
	const char *self;
};

struct peers;

/* 0, or a negative errno with the reason. */
int peers_create(struct peers **out, const struct peers_config *c,
                 struct reason *why);
/* Ends every keeper; blocks for at most one timeout.  Nobody asks any more. */
void peers_destroy(struct peers *p);
/* Another membership or other settings; on failure nothing has changed. */
int peers_configure(struct peers *p, const struct peers_config *c,
                    struct reason *why);

/* The membership, with a reference. */
struct ring *peers_ring(struct peers *p);
/* What this node speaks to them. */
const struct dialect *peers_dialect(struct peers *p);

/* The peer to ask for a key, with a reference; NULL: load it here, because we
 * own it, nobody else is alive, or the owner is a Go program that would not
 * answer for such a key.  Never blocks. */
struct peer *peers_owner(struct peers *p, const char *group, struct key key);

/* Appends the URL of the key's owner as the ring has it now, without those
 * that are down.  0 or a negative errno. */
int peers_print_owner(struct peers *p, struct key key, struct buf *out);

/* Tells every peer; key.data NULL: the whole group.  Never blocks. */
void peers_invalidate(struct peers *p, const char *group, struct key key);

/* A node of the ring, this one too. */
struct peers_node {
	const char *url;
	struct peer *peer; /* NULL: this node */
	double share;      /* of the keys, when all are up */
};

/* Shows each in the ring's order, borrowed for the call. */
void peers_each(struct peers *p,
                void (*show)(const struct peers_node *node, void *arg),
                void *arg);
/* One line each, in the ring's order: "URL up", "URL down 12s", "URL self";
 * between them `between`.  0 or a negative errno. */
int peers_print(struct peers *p, const char *between, struct buf *out);

#endif
