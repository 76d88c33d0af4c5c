/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Listing what a group holds. */
#include "group/priv.h"

#include "lib/clock.h"

#include <stdlib.h>
#include <string.h>

#define LIST_SLOT_BITS 40 /* of a position; above it, which cache */

struct group_mark group_list_begin(struct group *g)
{
	struct group_mark mark;

	pthread_mutex_lock(&g->lock);
	for (int n = 0; n < GROUP_LISTED; n++)
		mark.births[n] = g->caches[n].births;
	pthread_mutex_unlock(&g->lock);
	return mark;
}

/* Under the lock: fills in all but the position; false without memory. */
static bool listed_copy(struct group_listed *l, struct key key,
                        const struct cache_found *found, int64_t now)
{
	char *bytes = malloc(key.len + 1);

	if (!bytes)
		return false;
	l->key = key_copy(key, bytes);
	l->value = value_ref(found->value);
	l->until_ms = found_believed(found, now);
	return true;
}

/* A position is the number of the cache and, below it, of the slot. */
size_t group_list(struct group *g, size_t from, const struct group_mark *mark,
                  struct group_listed *out, size_t max)
{
	size_t which = from >> LIST_SLOT_BITS, n = 0;
	size_t slot = from & (((size_t)1 << LIST_SLOT_BITS) - 1);
	int64_t now = clock_now_ms();
	struct cache_found found;
	struct key key;

	pthread_mutex_lock(&g->lock);
	while (n < max && which < GROUP_LISTED) {
		if (cache_walk(&g->caches[which], &slot, mark->births[which],
		               now, &key, &found)) {
			if (!listed_copy(&out[n], key, &found, now))
				break;
			out[n++].slot = (which << LIST_SLOT_BITS) + slot++;
		} else if (slot == SIZE_MAX) {
			which++;
			slot = 0;
		} else {
			pthread_mutex_unlock(&g->lock);
			group_pause();
			pthread_mutex_lock(&g->lock);
		}
	}
	pthread_mutex_unlock(&g->lock);
	return n;
}

void group_listed_release(struct group_listed *l)
{
	free((char *)l->key.data);
	value_unref(l->value);
}
