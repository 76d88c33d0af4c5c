/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jump consistent hash: bucket = jump(stable_hash(key), nodes), where bucket
 * number b is the node whose name is number b in ascending order of bytes.
 *
 * It is as even as rendezvous and faster with many nodes, but buckets
 * are numbers: only the last one can come or go with little disruption.  A
 * node added or removed in the middle of the sorted list renumbers all that
 * follow, and most of their keys move.  Name nodes so that new ones sort
 * last, or choose rendezvous.
 *
 * A node that is merely down keeps its number, so nothing renumbers: its keys
 * alone are thrown again, with hash = stable_mix(hash + 0x9e3779b97f4a7c15)
 * for each further throw, which spreads them over all the others.  After
 * THROWS of them the nodes are tried in order from the last bucket thrown.
 *
 * Source: Lamping, Veach, "A fast, minimal memory, consistent hash
 * algorithm", 2014 (arXiv:1406.2294).
 */
#include "peer/placement/placement.h"
#include "peer/placement/stablehash.h"

#define THROWS 64

/*
 * As buckets are added one by one, a key moves to the new bucket number n
 * with probability 1/(n+1).  Instead of asking at each n, draw the next n at
 * which it moves; a linear congruential generator seeded with the key makes
 * the draws, and doubles are exact enough as in the paper.
 */
static size_t jump_bucket(uint64_t hash, size_t buckets)
{
	int64_t at = -1, next = 0;

	while (next < (int64_t)buckets) {
		at = next;
		hash = hash * UINT64_C(2862933555777941757) + 1;
		next = (int64_t)((double)(at + 1) *
		                 ((double)(INT64_C(1) << 31) /
		                  (double)((hash >> 33) + 1)));
	}
	return (size_t)at;
}

static size_t jump_owner(const void *state, struct key key,
                         const struct placement_alive *alive)
{
	const struct seats *s = state;
	uint64_t hash = stable_hash(key.data, key.len);
	size_t at = 0;

	for (int i = 0; i < THROWS; i++) {
		at = jump_bucket(hash, s->count);
		if (placement_is_alive(alive, s->by_name[at].node))
			return s->by_name[at].node;
		hash = stable_mix(hash + UINT64_C(0x9e3779b97f4a7c15));
	}
	for (size_t i = 0; i < s->count; i++) {
		at = at + 1 == s->count ? 0 : at + 1;
		if (placement_is_alive(alive, s->by_name[at].node))
			return s->by_name[at].node;
	}
	return PLACEMENT_NONE;
}

const struct placement_ops placement_jump = {
	.name = "jump",
	.create = seats_create,
	.owner = jump_owner,
};
