/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "group/held.h"

#include "lib/clock.h"

#include <errno.h>

#define HOT_PART    8     /* of the capacity, as in groupcache */
#define GRACE_SLACK 65536 /* bytes beside the largest value */
#define LISTED      2     /* tiers, the first ones */
#define SLOT_BITS   40    /* of a position; above it, which tier */

static uint64_t held_budget(struct held_limits l, enum held_tier tier)
{
	uint64_t hot = l.peers ? l.capacity / HOT_PART : 0;

	if (tier == HELD_GRACE)
		return l.max_value + GRACE_SLACK;
	return tier == HELD_HOT ? hot : l.capacity - hot;
}

/* ---- life and settings ---- */

int held_init(struct held *h, const struct evict_ops *policy,
              struct held_limits limits)
{
	for (int n = 0; n < HELD_TIERS; n++)
		if (cache_init(&h->tiers[n], policy, held_budget(limits, n),
		               &h->shared) < 0) {
			while (n > 0)
				cache_release(&h->tiers[--n]);
			return -ENOMEM;
		}
	held_set_limits(h, limits);
	return 0;
}

void held_release(struct held *h)
{
	for (int n = 0; n < HELD_TIERS; n++)
		cache_release(&h->tiers[n]);
}

void held_set_limits(struct held *h, struct held_limits limits)
{
	for (int n = 0; n < HELD_TIERS; n++) {
		cache_set_capacity(&h->tiers[n], held_budget(limits, n));
		if (n != HELD_GRACE)
			cache_set_stale(&h->tiers[n], limits.stale_ms);
	}
}

int held_set_policy(struct held *h, const struct evict_ops *policy)
{
	int err = 0;

	for (int n = 0; n < HELD_TIERS; n++)
		if (h->tiers[n].old_policy)
			return -EBUSY;
	for (int n = 0; n < HELD_TIERS && !err; n++)
		if (policy != h->tiers[n].ops)
			err = cache_set_policy(&h->tiers[n], policy);
	return err;
}

void held_clear(struct held *h)
{
	for (int n = 0; n < HELD_TIERS; n++)
		cache_clear(&h->tiers[n]);
}

bool held_step(struct held *h)
{
	bool more = false;

	for (int n = 0; n < HELD_TIERS; n++)
		more |= cache_step(&h->tiers[n]);
	return more;
}

/* ---- one key ---- */

struct cache_found held_find(struct held *h, struct key key, int64_t now)
{
	struct cache_found found = { .state = CACHE_ABSENT };

	for (int n = 0; n < HELD_TIERS && found.state == CACHE_ABSENT; n++)
		if (h->tiers[n].table.count)
			found = cache_find(&h->tiers[n], key, now);
	return found;
}

struct cache_found held_peek(const struct held *h, struct key key, int64_t now)
{
	struct cache_found found = { .state = CACHE_ABSENT };

	for (int n = 0; n < HELD_TIERS && found.state == CACHE_ABSENT; n++)
		found = cache_peek(&h->tiers[n], key, now);
	return found;
}

enum held_tier held_keep(struct held *h, struct held_arrival *a, int64_t now)
{
	enum held_tier tier = HELD_MAIN;

	while (tier < a->tier &&
	       !cache_peek(&h->tiers[tier], a->key, now).value)
		tier++;
	for (int n = 0; n < HELD_TIERS; n++)
		if (n != (int)tier)
			cache_remove(&h->tiers[n], a->key);
	if (tier != HELD_GRACE &&
	    cache_put(&h->tiers[tier], a->key, a->value, a->expires_ms,
	              a->must_revalidate) == 0)
		return tier;
	if (a->expires_ms > now + GRACE_MS)
		a->expires_ms = now + GRACE_MS;
	cache_put(&h->tiers[HELD_GRACE], a->key, a->value, a->expires_ms,
	          a->must_revalidate);
	return HELD_GRACE;
}

void held_keep_negative(struct held *h, struct key key, int64_t expires_ms)
{
	held_remove(h, key);
	cache_put(&h->tiers[HELD_MAIN], key, NULL, expires_ms, false);
}

bool held_make_room(struct held *h, uint64_t bytes)
{
	return cache_make_room(&h->tiers[HELD_MAIN], bytes);
}

void held_defer(struct held *h, struct key key, int64_t retry_ms,
                unsigned int tries)
{
	for (int n = 0; n < HELD_TIERS; n++)
		cache_defer(&h->tiers[n], key, retry_ms, tries);
}

void held_remove(struct held *h, struct key key)
{
	for (int n = 0; n < HELD_TIERS; n++)
		cache_remove(&h->tiers[n], key);
}

/* ---- all of it ---- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t held_sweep(struct held *h, int64_t now)
{
	int64_t next = CLOCK_NEVER;

	for (int n = 0; n < HELD_TIERS; n++)
		next = earlier(next, cache_sweep(&h->tiers[n], now));
	return next;
}

int64_t held_due(const struct held *h)
{
	int64_t next = CLOCK_NEVER;

	for (int n = 0; n < HELD_TIERS; n++)
		next = earlier(next, cache_due(&h->tiers[n]));
	return next;
}

bool held_walk(const struct held *h, size_t *position, uint64_t born,
               int64_t now, struct key *key, struct cache_found *found)
{
	size_t tier = *position >> SLOT_BITS;
	size_t slot = *position & (((size_t)1 << SLOT_BITS) - 1);
	bool any;

	if (tier >= LISTED) {
		*position = SIZE_MAX;
		return false;
	}
	any = cache_walk(&h->tiers[tier], &slot, born, now, key, found);
	if (slot != SIZE_MAX)
		*position = (tier << SLOT_BITS) + slot;
	else
		*position = ++tier < LISTED ? tier << SLOT_BITS : SIZE_MAX;
	return any;
}

struct held_figures held_figures(const struct held *h)
{
	struct held_figures f = { .hot_bytes = h->tiers[HELD_HOT].bytes,
		                  .hot_items = h->tiers[HELD_HOT].items };

	for (int n = 0; n < LISTED; n++) {
		f.evictions += h->tiers[n].evictions;
		f.expired += h->tiers[n].expired;
		f.bytes += h->tiers[n].bytes;
		f.items += h->tiers[n].items;
	}
	return f;
}
