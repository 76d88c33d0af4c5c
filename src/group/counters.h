/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group's counters, with groupcache's names and meaning (groupcache.go,
 * type Stats) and some of our own.  Each only grows; any thread may add.
 *
 *	gets = cache_hits + stale_served + negative_hits + loads
 *
 * but for those that were refused: cancelled before they began, a key that is
 * too long, a group that is gone.
 */
#ifndef DREAMFS_COUNTERS_H
#define DREAMFS_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/* With what /metrics says of each. */
#define COUNTERS(X) \
	X(gets, "Requests of any kind, peers' included.") \
	/* With a fresh value. */ \
	X(cache_hits, "Requests answered from the cache.") \
	X(peer_loads, "Values that came from a peer.") \
	X(peer_errors, "Peers that failed to answer.") \
	X(loads, "Requests that had to wait for a load.") \
	/* For waiting gets or to renew stale values. */ \
	X(loads_deduped, "Loads that were really made.") \
	X(local_loads, "Values that the getter brought.") \
	X(local_load_errs, "Loads that failed, missing keys included.") \
	X(server_requests, "Requests that came from peers.") \
	X(negative_hits, "Missing keys known from memory.") \
	X(stale_served, "Requests answered with an expired value.")

enum counter {
#define X(name, help) COUNT_##name,
	COUNTERS(X)
#undef X
	        COUNTER_COUNT
};

struct counters {
	atomic_uint_fast64_t of[COUNTER_COUNT];
};

static inline void counters_add(struct counters *c, enum counter which)
{
	atomic_fetch_add_explicit(&c->of[which], 1, memory_order_relaxed);
}

static inline uint64_t counters_get(const struct counters *c,
                                    enum counter which)
{
	return atomic_load_explicit(&c->of[which], memory_order_relaxed);
}

#endif
