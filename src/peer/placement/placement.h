/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placement: which of the nodes owns a key.
 *
 * Nodes are names, compared byte by byte; a node is known by its index in the
 * list it was given in.  A placement is immutable after creation and may be
 * used by any number of threads.  It keeps no pointer into what it was given.
 *
 * Each placement defines, for every key, an order of all nodes, and the owner
 * is the first one alive.  So the same call answers "who owns it", "who owns
 * it while that one is down" and "who is next": the keys of a node that is
 * down go to others, all other keys stay where they are, and everything is as
 * before when it returns.
 *
 *   groupcache   crc32 ring, points crc32("0"URL) … crc32("49"URL)
 *   dreamemo     crc32 ring, points crc32(URL"0") … crc32(URL"9")
 *   rendezvous   highest score of (node, key); even; O(nodes)
 *   jump         jump consistent hash; even, no memory; O(log nodes)
 *
 * The first two are what those programs compute, byte for byte.
 *
 * To add one: a file in placement/ that defines a `const struct
 * placement_ops`, and a line in the table of placement.c.
 */
#ifndef DREAMFS_PLACEMENT_H
#define DREAMFS_PLACEMENT_H

#include "lib/key.h"

#include <stdbool.h>
#include <stddef.h>

/* No node: none is alive. */
#define PLACEMENT_NONE ((size_t)-1)

/* Most points a node may have on a ring, and most nodes. */
#define PLACEMENT_REPLICAS_MAX 65536
#define PLACEMENT_NODES_MAX    4096

/* Whether a node may be chosen now.  Called from placement_owner(), possibly
 * several times for a node; must not block. */
struct placement_alive {
	bool (*test)(void *arg, size_t node);
	void *arg;
};

struct placement_ops {
	const char *name;      /* the word in the configuration */
	unsigned int replicas; /* points of a node by default; 0: has none */
	/* 0 and the state, one block for free(3), or -ENOMEM.  At least one
	 * node; replicas are at least 1 where the placement has any. */
	int (*create)(void **state, const char *const *nodes, size_t count,
	              unsigned int replicas);
	/* The first node alive in the key's order, or PLACEMENT_NONE. */
	size_t (*owner)(const void *state, struct key key,
	                const struct placement_alive *alive);
	/* Optional: fills in each node's share, which adds up to 1.  Absent
	 * where the expected share of every node is the same. */
	void (*shares)(const void *state, double *out);
};

struct placement {
	const struct placement_ops *ops;
	void *state;
	size_t count;
};

/*
 * `replicas` 0 means the placement's own default.  0; -EINVAL without nodes,
 * or over one of the limits above; -ENOMEM.
 */
int placement_init(struct placement *p, const struct placement_ops *ops,
                   const char *const *nodes, size_t count,
                   unsigned int replicas);
/* All zeros, and what could not be initialised, are fine. */
void placement_release(struct placement *p);

/* The index of the key's owner.  `alive` NULL: every node is.  Allocates
 * nothing. */
size_t placement_owner(const struct placement *p, struct key key,
                       const struct placement_alive *alive);

/* Each node's expected share of all keys, with every node alive; `out` has
 * as many elements as there are nodes. */
void placement_shares(const struct placement *p, double *out);

/* By the word of the configuration, NULL when unknown; all of them in order,
 * NULL-terminated. */
const struct placement_ops *placement_find(const char *name);
extern const struct placement_ops *const placement_table[];

/* ---- for the placements ---- */

static inline bool placement_is_alive(const struct placement_alive *alive,
                                      size_t node)
{
	return !alive || alive->test(alive->arg, node);
}

/* The nodes as names sort them (as bytes), so that their order in the
 * configuration does not matter. */
struct seat {
	const char *name; /* while sorting only */
	uint64_t hash;    /* stable_hash() of the name */
	size_t node;
};

struct seats {
	size_t count;
	struct seat by_name[];
};

/* A placement_ops.create whose state that is. */
int seats_create(void **state, const char *const *nodes, size_t count,
                 unsigned int replicas);

#endif
