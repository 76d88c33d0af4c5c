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

#define COUNTERS(X) \
	X(gets)            /* requests of any kind, peers' included */ \
	X(cache_hits)      /* answered from the cache, with a fresh value */ \
	X(peer_loads)      /* values that came from a peer */ \
	X(peer_errors)     /* peers that failed to answer */ \
	X(loads)           /* gets that had to wait for a load */ \
	X(loads_deduped)   /* loads that were really made, for waiting gets \
	                      or to renew stale values */ \
	X(local_loads)     /* values that the getter brought */ \
	X(local_load_errs) /* loads that failed, "no such key" included */ \
	X(server_requests) /* gets that came from peers */ \
	X(negative_hits)   /* "no such key" answered from memory */ \
	X(stale_served)    /* answered with a value that had expired */

enum counter {
#define X(name) COUNT_##name,
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
