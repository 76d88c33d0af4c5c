/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cache.h"

#include "clock.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define NO_SLOT    SIZE_MAX
#define NOT_HEAPED SIZE_MAX
/* Per entry beside its own block: malloc's head, a slot, a bucket and a place
 * in the heap. */
#define ENTRY_EXTRA (8 + 3 * sizeof(void *))

struct cache_entry {
	struct table_node node;
	struct evict_item item;
	struct value *value; /* a reference; NULL: negative */
	int64_t expires_ms;
	uint64_t hits;
	uint64_t born;
	size_t slot;
	size_t heaped; /* place in the heap, NOT_HEAPED without */
	struct cache_entry *next_gone;
	enum cache_gone why;
	bool lapsed; /* its expiry was counted */
	size_t key_len;
	char key[];
};

/* A free slot holds the number of the next free one, tagged with bit 0. */
static struct cache_entry *slot_free_mark(size_t next)
{
	return (struct cache_entry *)(uintptr_t)(next << 1 | 1);
}

static bool slot_is_free(const struct cache_entry *e)
{
	return (uintptr_t)e & 1;
}

static struct key entry_key(const struct cache_entry *e)
{
	return key_of(e->key, e->key_len);
}

/* ---- slots ---- */

static int slot_take(struct cache *c, struct cache_entry *e)
{
	if (c->free_slot != NO_SLOT) {
		e->slot = c->free_slot;
		c->free_slot = (size_t)((uintptr_t)c->slots[e->slot] >> 1);
		if (c->free_slot == NO_SLOT >> 1)
			c->free_slot = NO_SLOT;
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
	c->slots[e->slot] = slot_free_mark(c->free_slot);
	c->free_slot = e->slot;
}

/* ---- expiry: a binary min-heap by time of death ---- */

/* A value with a validator outlives its expiry. */
static bool entry_dies(const struct cache_entry *e)
{
	return e->expires_ms != CLOCK_NEVER &&
	       !(e->value && (e->value->etag || e->value->last_modified));
}

static void heap_set(struct cache *c, size_t i, struct cache_entry *e)
{
	c->expiry[i] = e;
	e->heaped = i;
}

static void heap_up(struct cache *c, size_t i, struct cache_entry *e)
{
	for (; i > 0; i = (i - 1) / 2) {
		struct cache_entry *parent = c->expiry[(i - 1) / 2];

		if (parent->expires_ms <= e->expires_ms)
			break;
		heap_set(c, i, parent);
	}
	heap_set(c, i, e);
}

static void heap_down(struct cache *c, size_t i, struct cache_entry *e)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= c->expiry_count)
			break;
		if (child + 1 < c->expiry_count &&
		    c->expiry[child + 1]->expires_ms <
		            c->expiry[child]->expires_ms)
			child++;
		if (c->expiry[child]->expires_ms >= e->expires_ms)
			break;
		heap_set(c, i, c->expiry[child]);
		i = child;
	}
	heap_set(c, i, e);
}

static int heap_add(struct cache *c, struct cache_entry *e)
{
	if (c->expiry_count == c->expiry_cap) {
		size_t cap = c->expiry_cap ? c->expiry_cap * 2 : 64;
		void *more = reallocarray(c->expiry, cap, sizeof(*c->expiry));

		if (!more)
			return -ENOMEM;
		c->expiry = more;
		c->expiry_cap = cap;
	}
	heap_up(c, c->expiry_count++, e);
	return 0;
}

static void heap_remove(struct cache *c, struct cache_entry *e)
{
	size_t i = e->heaped;
	struct cache_entry *last;

	if (i == NOT_HEAPED)
		return;
	e->heaped = NOT_HEAPED;
	last = c->expiry[--c->expiry_count];
	if (last == e)
		return;
	if (last->expires_ms < e->expires_ms)
		heap_up(c, i, last);
	else
		heap_down(c, i, last);
}

/* ---- entries ---- */

static struct cache_entry *entry_find(const struct cache *c, struct key key)
{
	struct table_node *n = table_first(&c->table, key_hash(key));

	for (; n; n = table_next(n)) {
		struct cache_entry *e =
		        container_of(n, struct cache_entry, node);

		if (key_equal(entry_key(e), key))
			return e;
	}
	return NULL;
}

static struct cache_entry *entry_create(struct key key, struct value *value,
                                        int64_t expires_ms)
{
	struct cache_entry *e = calloc(1, sizeof(*e) + key.len);

	if (!e)
		return NULL;
	e->value = value ? value_ref(value) : NULL;
	e->expires_ms = expires_ms;
	e->heaped = NOT_HEAPED;
	e->key_len = key.len;
	if (key.len)
		memcpy(e->key, key.data, key.len);
	e->item.hash = key_hash(key);
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
static void entry_unlink(struct cache *c, struct cache_entry *e,
                         enum cache_gone why)
{
	table_remove(&c->table, &e->node);
	slot_give(c, e);
	heap_remove(c, e);
	c->bytes -= e->item.size;
	c->items -= e->value != NULL;
	c->evictions += why == GONE_EVICTED;
	c->expired += why == GONE_EXPIRED && e->value && !e->lapsed;
	e->why = why;
	e->next_gone = c->gone;
	c->gone = e;
}

static void entry_drop(struct cache *c, struct cache_entry *e,
                       enum cache_gone why)
{
	c->ops->remove(c->policy, &e->item);
	entry_unlink(c, e, why);
}

static void cache_evict_to(struct cache *c, uint64_t bytes)
{
	while (c->bytes > bytes)
		entry_unlink(c,
		             container_of(c->ops->victim(c->policy),
		                          struct cache_entry, item),
		             GONE_EVICTED);
}

/* Links a new entry everywhere or, without memory, nowhere. */
static int entry_link(struct cache *c, struct cache_entry *e)
{
	if (slot_take(c, e) < 0)
		return -ENOMEM;
	if (entry_dies(e) && heap_add(c, e) < 0) {
		slot_give(c, e);
		return -ENOMEM;
	}
	if (c->ops->add(c->policy, &e->item) < 0) {
		heap_remove(c, e);
		slot_give(c, e);
		return -ENOMEM;
	}
	table_insert(&c->table, &e->node, e->item.hash);
	e->born = c->births++;
	c->bytes += e->item.size;
	c->items += e->value != NULL;
	return 0;
}

/* ---- the interface ---- */

int cache_init(struct cache *c, const struct evict_ops *ops, uint64_t capacity)
{
	*c = (struct cache){ .ops = ops,
		             .capacity = capacity,
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

void cache_release(struct cache *c)
{
	struct cache_entry *gone;

	cache_clear(c);
	for (gone = cache_take_gone(c); gone;)
		gone = cache_gone_next(gone);
	c->ops->destroy(c->policy);
	table_release(&c->table);
	free(c->slots);
	free(c->expiry);
}

static struct cache_found entry_found(const struct cache_entry *e, int64_t now)
{
	struct cache_found found = { .state = CACHE_ABSENT };
	bool fresh = e && now < e->expires_ms;

	if (!e || (!fresh && entry_dies(e)))
		return found;
	found.value = e->value;
	found.expires_ms = e->expires_ms;
	found.hits = e->hits;
	found.state = !e->value ? CACHE_NEGATIVE
	              : fresh   ? CACHE_FRESH
	                        : CACHE_EXPIRED;
	return found;
}

struct cache_found cache_peek(const struct cache *c, struct key key,
                              int64_t now)
{
	return entry_found(entry_find(c, key), now);
}

struct cache_found cache_find(struct cache *c, struct key key, int64_t now)
{
	struct cache_entry *e = entry_find(c, key);
	struct cache_found found = entry_found(e, now);

	if (found.state == CACHE_FRESH || found.state == CACHE_NEGATIVE) {
		e->hits++;
		c->ops->hit(c->policy, &e->item);
	} else if (e && e->value && !e->lapsed) {
		e->lapsed = true;
		c->expired++;
	}
	return found;
}

/* The same version, good for longer or shorter; a use. */
static int cache_renew(struct cache *c, struct cache_entry *e,
                       int64_t expires_ms)
{
	heap_remove(c, e);
	e->expires_ms = expires_ms;
	e->lapsed = false;
	if (entry_dies(e) && heap_add(c, e) < 0) {
		entry_drop(c, e, GONE_REMOVED);
		return -ENOMEM;
	}
	c->ops->hit(c->policy, &e->item);
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
	e->value = made->value;
	made->value = old;
	made->why = GONE_REPLACED;
	made->next_gone = c->gone;
	c->gone = made;
	return cache_renew(c, e, made->expires_ms);
}

int cache_put(struct cache *c, struct key key, struct value *value,
              int64_t expires_ms)
{
	struct cache_entry *old = entry_find(c, key), *e;
	int err = 0;

	if (old && old->value == value)
		return cache_renew(c, old, expires_ms);
	e = entry_create(key, value, expires_ms);
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
		entry_drop(c, old, GONE_REMOVED);
	return err;
}

bool cache_remove(struct cache *c, struct key key)
{
	struct cache_entry *e = entry_find(c, key);

	if (e)
		entry_drop(c, e, GONE_REMOVED);
	return e != NULL;
}

void cache_clear(struct cache *c)
{
	for (size_t i = 0; i < c->slot_count; i++)
		if (!slot_is_free(c->slots[i]))
			entry_drop(c, c->slots[i], GONE_REMOVED);
}

int64_t cache_sweep(struct cache *c, int64_t now)
{
	while (c->expiry_count && c->expiry[0]->expires_ms <= now)
		entry_drop(c, c->expiry[0], GONE_EXPIRED);
	return c->expiry_count ? c->expiry[0]->expires_ms : CLOCK_NEVER;
}

/*
 * Takes the items from the old policy in the order in which it would evict
 * them, so that the new one gets them from the least to the most valuable.
 */
int cache_set_policy(struct cache *c, const struct evict_ops *ops)
{
	void *policy = ops->create(c->capacity);
	struct evict_item *item;

	if (!policy)
		return -ENOMEM;
	while ((item = c->ops->victim(c->policy)))
		if (ops->add(policy, item) < 0)
			entry_unlink(
			        c, container_of(item, struct cache_entry, item),
			        GONE_EVICTED);
	c->ops->destroy(c->policy);
	c->ops = ops;
	c->policy = policy;
	return 0;
}

void cache_set_capacity(struct cache *c, uint64_t capacity)
{
	c->capacity = capacity;
	if (c->ops->resize)
		c->ops->resize(c->policy, capacity);
	cache_evict_to(c, capacity);
}

size_t cache_walk(const struct cache *c, size_t slot, uint64_t born,
                  int64_t now, struct key *key, struct cache_found *found)
{
	for (; slot < c->slot_count; slot++) {
		const struct cache_entry *e = c->slots[slot];

		if (slot_is_free(e) || e->born >= born)
			continue;
		*found = entry_found(e, now);
		if (found->state != CACHE_FRESH)
			continue;
		*key = entry_key(e);
		return slot;
	}
	return SIZE_MAX;
}

struct cache_entry *cache_take_gone(struct cache *c)
{
	struct cache_entry *gone = c->gone;

	c->gone = NULL;
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
