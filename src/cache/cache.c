/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/priv.h"

#include "lib/clock.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define NO_SLOT (SIZE_MAX >> 1) /* as a tagged number */
/* Per entry beside its own block: malloc's head, a slot, a bucket and a place
 * in the heap. */
#define ENTRY_EXTRA (8 + 3 * sizeof(void *))

static struct key entry_key(const struct cache_entry *e)
{
	return (struct key){ e->key, e->key_len, e->item.hash };
}

/* ---- slots ---- */

static int slot_take(struct cache *c, struct cache_entry *e)
{
	if (c->free_slot != NO_SLOT) {
		e->slot = c->free_slot;
		c->free_slot = (size_t)((uintptr_t)c->slots[e->slot] >> 1);
	} else {
		if (c->slot_count == c->slot_cap) {
			size_t cap = c->slot_cap ? c->slot_cap * 2 : 64;
			void *more =
			        reallocarray(c->slots, cap, sizeof(*c->slots));

			if (!more)
				return -ENOMEM;
			c->slots = more;
			c->slot_cap = cap;
		}
		e->slot = c->slot_count++;
	}
	c->slots[e->slot] = e;
	return 0;
}

static void slot_give(struct cache *c, const struct cache_entry *e)
{
	c->slots[e->slot] = (void *)(uintptr_t)(c->free_slot << 1 | 1);
	c->free_slot = e->slot;
}

/* ---- expiry ---- */

/* A value with a validator outlives its expiry for ever. */
static bool entry_dies(const struct cache_entry *e)
{
	return e->expiry.at_ms != CLOCK_NEVER &&
	       !(e->value && (e->value->etag || e->value->last_modified));
}

/* May the value be given out when it expired? */
static bool entry_may_be_stale(const struct cache_entry *e)
{
	return e->value && !e->must_revalidate;
}

/* `after` an expiry, which may be never. */
static int64_t expiry_plus(int64_t at_ms, int64_t after)
{
	return at_ms < CLOCK_NEVER - after ? at_ms + after : CLOCK_NEVER;
}

static int64_t entry_stale_ms(const struct cache *c,
                              const struct cache_entry *e)
{
	return expiry_plus(e->expiry.at_ms,
	                   entry_may_be_stale(e) ? c->stale_ms : 0);
}

static int entry_schedule(struct cache *c, struct cache_entry *e)
{
	if (!entry_dies(e))
		return 0;
	return expiry_add(entry_may_be_stale(e) ? &c->stale_too
	                                        : &c->fresh_only,
	                  &e->expiry);
}

static void entry_unschedule(struct cache *c, struct cache_entry *e)
{
	expiry_remove(entry_may_be_stale(e) ? &c->stale_too : &c->fresh_only,
	              &e->expiry);
}

/* The next one to die, and when; NULL: none. */
static struct cache_entry *cache_mortal(const struct cache *c, int64_t *at_ms)
{
	struct expiry_node *next = expiry_first(&c->fresh_only);
	struct expiry_node *stale = expiry_first(&c->stale_too);
	int64_t later =
	        stale ? expiry_plus(stale->at_ms, c->stale_ms) : CLOCK_NEVER;

	*at_ms = next ? next->at_ms : CLOCK_NEVER;
	if (stale && (!next || later < *at_ms)) {
		*at_ms = later;
		next = stale;
	}
	return next ? container_of(next, struct cache_entry, expiry) : NULL;
}

/* ---- entries ---- */

static struct cache_entry *entry_find(const struct cache *c, struct key key)
{
	struct table_node *n = table_first(&c->table, key.hash);

	for (; n; n = table_next(n)) {
		struct cache_entry *e =
		        container_of(n, struct cache_entry, node);

		if (key_equal(entry_key(e), key))
			return e;
	}
	return NULL;
}

static struct cache_entry *entry_create(struct key key, struct value *value,
                                        int64_t expires_ms,
                                        bool must_revalidate)
{
	struct cache_entry *e = calloc(1, sizeof(*e) + key.len);

	if (!e)
		return NULL;
	e->value = value ? value_ref(value) : NULL;
	e->expiry.at_ms = expires_ms;
	e->expiry.place = EXPIRY_NOWHERE;
	e->must_revalidate = must_revalidate;
	e->key_len = (uint32_t)key.len;
	key_copy(key, e->key);
	e->item.hash = key.hash;
	e->item.size = malloc_usable_size(e) + ENTRY_EXTRA +
	               (value ? value_footprint(value) : 0);
	return e;
}

static void entry_destroy(struct cache_entry *e)
{
	value_unref(e->value);
	free(e);
}

/* Takes an entry out that its policy no longer has. */
void cache_entry_unlink(struct cache *c, struct cache_entry *e,
                        enum cache_gone why)
{
	table_remove(&c->table, &e->node);
	slot_give(c, e);
	entry_unschedule(c, e);
	c->bytes -= e->item.size;
	c->items -= e->value != NULL;
	c->evictions += why == GONE_EVICTED;
	c->expired += why == GONE_EXPIRED && e->value && !e->lapsed;
	e->why = why;
	e->next_gone = c->shared->gone;
	c->shared->gone = e;
}

void cache_entry_drop(struct cache *c, struct cache_entry *e,
                      enum cache_gone why)
{
	if (e->turn == c->turn)
		c->ops->remove(c->policy, &e->item);
	else
		c->old_ops->remove(c->old_policy, &e->item);
	cache_entry_unlink(c, e, why);
}

static void entry_use(struct cache *c, struct cache_entry *e)
{
	if (e->turn == c->turn)
		c->ops->hit(c->policy, &e->item);
	else
		c->old_ops->hit(c->old_policy, &e->item);
}

/* What moved first from one policy to the next was the least valuable. */
void cache_evict(struct cache *c)
{
	struct evict_item *item = c->ops->victim(c->policy);

	if (!item)
		item = c->old_ops->victim(c->old_policy);
	cache_entry_unlink(c, container_of(item, struct cache_entry, item),
	                   GONE_EVICTED);
}

static void cache_evict_to(struct cache *c, uint64_t bytes)
{
	while (c->bytes > bytes)
		cache_evict(c);
}

/* Links a new entry everywhere or, without memory, nowhere. */
static int entry_link(struct cache *c, struct cache_entry *e)
{
	if (slot_take(c, e) < 0)
		return -ENOMEM;
	if (entry_schedule(c, e) < 0 || c->ops->add(c->policy, &e->item) < 0) {
		entry_unschedule(c, e);
		slot_give(c, e);
		return -ENOMEM;
	}
	e->turn = c->turn;
	table_insert(&c->table, &e->node, e->item.hash);
	e->born = c->shared->births++;
	c->bytes += e->item.size;
	c->items += e->value != NULL;
	return 0;
}

/* ---- the interface ---- */

int cache_init(struct cache *c, const struct evict_ops *ops, uint64_t capacity,
               struct cache_shared *shared)
{
	*c = (struct cache){ .ops = ops,
		             .capacity = capacity,
		             .wanted = capacity,
		             .shared = shared,
		             .free_slot = NO_SLOT };
	if (table_init(&c->table) < 0)
		return -ENOMEM;
	c->policy = ops->create(capacity);
	if (!c->policy) {
		table_release(&c->table);
		return -ENOMEM;
	}
	return 0;
}

static struct cache_found entry_found(const struct cache *c,
                                      const struct cache_entry *e, int64_t now)
{
	int64_t stale_ms = e ? entry_stale_ms(c, e) : 0;

	if (!e || (now >= stale_ms && entry_dies(e)))
		return (struct cache_found){ .state = CACHE_ABSENT };
	return (struct cache_found){
		.state = !e->value               ? CACHE_NEGATIVE
		         : now < e->expiry.at_ms ? CACHE_FRESH
		         : now < stale_ms        ? CACHE_STALE
		                                 : CACHE_EXPIRED,
		.value = e->value,
		.expires_ms = e->expiry.at_ms,
		.stale_ms = stale_ms,
		.must_revalidate = e->must_revalidate,
		.retry_ms = e->retry_ms,
		.tries = e->tries,
		.hits = e->hits,
	};
}

struct cache_found cache_peek(const struct cache *c, struct key key,
                              int64_t now)
{
	return entry_found(c, entry_find(c, key), now);
}

struct cache_found cache_find(struct cache *c, struct key key, int64_t now)
{
	struct cache_entry *e = entry_find(c, key);
	struct cache_found found = entry_found(c, e, now);

	if (found.state != CACHE_ABSENT && found.state != CACHE_EXPIRED) {
		e->hits++;
		entry_use(c, e);
	}
	if (e && e->value && !e->lapsed && now >= e->expiry.at_ms) {
		e->lapsed = true;
		c->expired++;
	}
	return found;
}

/* The same version, good for longer or shorter; a use. */
static int cache_renew(struct cache *c, struct cache_entry *e,
                       int64_t expires_ms, bool must_revalidate)
{
	entry_unschedule(c, e);
	e->expiry.at_ms = expires_ms;
	e->must_revalidate = must_revalidate;
	e->lapsed = false;
	e->retry_ms = 0;
	e->tries = 0;
	if (entry_schedule(c, e) < 0) {
		cache_entry_drop(c, e, GONE_REMOVED);
		return -ENOMEM;
	}
	entry_use(c, e);
	return 0;
}

/*
 * Changes what a held key stands for.  The entry keeps its slot and its
 * standing with the policy; `made`, a fresh entry for the new value, swaps
 * values with it and carries the old one away.
 */
static int cache_replace(struct cache *c, struct cache_entry *e,
                         struct cache_entry *made)
{
	struct value *old = e->value;

	c->bytes += made->item.size - e->item.size;
	c->items += (made->value != NULL) - (size_t)(old != NULL);
	e->item.size = made->item.size;
	entry_unschedule(c, e);
	e->value = made->value;
	made->value = old;
	made->why = GONE_REPLACED;
	made->next_gone = c->shared->gone;
	c->shared->gone = made;
	return cache_renew(c, e, made->expiry.at_ms, made->must_revalidate);
}

int cache_put(struct cache *c, struct key key, struct value *value,
              int64_t expires_ms, bool must_revalidate)
{
	struct cache_entry *old = entry_find(c, key), *e;
	int err = 0;

	if (old && old->value == value)
		return cache_renew(c, old, expires_ms, must_revalidate);
	e = entry_create(key, value, expires_ms, must_revalidate);
	if (!e || e->item.size > c->capacity) {
		err = e ? -EFBIG : -ENOMEM;
	} else if (old) {
		err = cache_replace(c, old, e);
		cache_evict_to(c, c->capacity);
		return err;
	} else {
		cache_evict_to(c, c->capacity - e->item.size);
		err = entry_link(c, e);
	}
	if (err && e)
		entry_destroy(e);
	if (err && old)
		cache_entry_drop(c, old, GONE_REMOVED);
	return err;
}

void cache_defer(struct cache *c, struct key key, int64_t retry_ms,
                 unsigned int tries)
{
	struct cache_entry *e = entry_find(c, key);

	if (!e)
		return;
	e->retry_ms = retry_ms;
	e->tries = tries < UINT8_MAX ? (uint8_t)tries : UINT8_MAX;
}

bool cache_remove(struct cache *c, struct key key)
{
	struct cache_entry *e = entry_find(c, key);

	if (e)
		cache_entry_drop(c, e, GONE_REMOVED);
	return e != NULL;
}

int64_t cache_due(const struct cache *c)
{
	int64_t at_ms;

	cache_mortal(c, &at_ms);
	return at_ms;
}

int64_t cache_sweep(struct cache *c, int64_t now)
{
	struct cache_entry *e;
	int64_t at_ms;

	for (int n = 0; (e = cache_mortal(c, &at_ms)) && at_ms <= now; n++) {
		if (n == CACHE_BATCH)
			return now;
		cache_entry_drop(c, e, GONE_EXPIRED);
	}
	return at_ms;
}

void cache_set_stale(struct cache *c, int64_t stale_ms)
{
	c->stale_ms = stale_ms;
}

bool cache_walk(const struct cache *c, size_t *slot, uint64_t born, int64_t now,
                struct key *key, struct cache_found *found)
{
	for (int n = 0; n < CACHE_BATCH; n++, ++*slot) {
		const struct cache_entry *e;

		if (*slot >= c->slot_count) {
			*slot = SIZE_MAX;
			return false;
		}
		e = c->slots[*slot];
		if (slot_is_free(e) || e->born >= born)
			continue;
		*found = entry_found(c, e, now);
		if (found->state != CACHE_FRESH && found->state != CACHE_STALE)
			continue;
		*key = entry_key(e);
		return true;
	}
	return false;
}

struct cache_entry *cache_take_gone(struct cache_shared *shared)
{
	struct cache_entry *gone = shared->gone;

	shared->gone = NULL;
	return gone;
}

enum cache_gone cache_gone_read(const struct cache_entry *e, struct key *key,
                                struct value **value)
{
	*key = entry_key(e);
	*value = e->value;
	return e->why;
}

struct cache_entry *cache_gone_next(struct cache_entry *e)
{
	struct cache_entry *next = e->next_gone;

	entry_destroy(e);
	return next;
}
