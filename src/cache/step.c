/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to all that a cache holds, step by step. */
#include "cache/priv.h"

#include <errno.h>
#include <stdlib.h>

void cache_clear(struct cache *c)
{
	c->clear_born = c->shared->births;
	c->clear_slot = 0;
}

int cache_set_policy(struct cache *c, const struct evict_ops *ops)
{
	void *policy;

	if (c->old_policy)
		return -EBUSY;
	policy = ops->create(c->capacity);
	if (!policy)
		return -ENOMEM;
	c->old_ops = c->ops;
	c->old_policy = c->policy;
	c->ops = ops;
	c->policy = policy;
	c->turn++;
	return 0;
}

void cache_set_capacity(struct cache *c, uint64_t capacity)
{
	c->wanted = capacity;
	if (c->bytes > capacity)
		return; /* to be made room for */
	c->capacity = capacity;
	if (c->ops->resize)
		c->ops->resize(c->policy, capacity);
}

/* Each of these does at most `left`; the first two return what is left. */
static size_t step_clear(struct cache *c, size_t left)
{
	for (; c->clear_born && left > 0; left--) {
		struct cache_entry *e;

		if (c->clear_slot == c->slot_count) {
			c->clear_born = 0;
			break;
		}
		e = c->slots[c->clear_slot++];
		if (!slot_is_free(e) && e->born < c->clear_born)
			cache_entry_drop(c, e, GONE_CLEARED);
	}
	return left;
}

/*
 * Takes the items from the old policy in the order in which it would evict
 * them, so that the new one gets them from the least to the most valuable.
 */
static size_t step_policy(struct cache *c, size_t left)
{
	for (; c->old_policy && left > 0; left--) {
		struct evict_item *item = c->old_ops->victim(c->old_policy);
		struct cache_entry *e;

		if (!item) {
			c->old_ops->destroy(c->old_policy);
			c->old_policy = NULL;
			break;
		}
		e = container_of(item, struct cache_entry, item);
		e->turn = c->turn;
		if (c->ops->add(c->policy, item) < 0)
			cache_entry_unlink(c, e, GONE_EVICTED);
	}
	return left;
}

static void step_capacity(struct cache *c, size_t left)
{
	if (c->capacity <= c->wanted)
		return;
	for (; c->bytes > c->wanted && left > 0; left--)
		cache_evict(c);
	if (c->bytes > c->wanted)
		c->capacity = c->bytes;
	else
		cache_set_capacity(c, c->wanted);
}

bool cache_step(struct cache *c)
{
	size_t left = step_clear(c, CACHE_BATCH);

	left = step_policy(c, left);
	step_capacity(c, left);
	return c->clear_born || c->old_policy || c->capacity > c->wanted;
}

bool cache_make_room(struct cache *c, uint64_t bytes)
{
	uint64_t most = bytes < c->capacity ? c->capacity - bytes : 0;

	if (bytes > c->capacity)
		return false;
	for (int n = 0; c->bytes > most; n++) {
		if (n == CACHE_BATCH)
			return true;
		cache_evict(c);
	}
	return false;
}

void cache_release(struct cache *c)
{
	struct cache_entry *gone;

	cache_clear(c);
	while (cache_step(c))
		;
	for (gone = cache_take_gone(c->shared); gone;)
		gone = cache_gone_next(gone);
	c->ops->destroy(c->policy);
	table_release(&c->table);
	free(c->slots);
	expiry_release(&c->fresh_only);
	expiry_release(&c->stale_too);
}
