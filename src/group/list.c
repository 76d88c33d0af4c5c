/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Listing what a group holds. */
#include "group/priv.h"

#include "lib/clock.h"

#include <stdlib.h>
#include <string.h>

uint64_t group_list_begin(struct group *g)
{
	uint64_t mark;

	pthread_mutex_lock(&g->lock);
	mark = g->held.shared.births;
	pthread_mutex_unlock(&g->lock);
	return mark;
}

size_t group_list(struct group *g, size_t from, uint64_t mark,
                  struct group_listed *out, size_t max)
{
	int64_t now = clock_now_ms();
	struct cache_found found;
	struct key key;
	size_t n = 0;

	pthread_mutex_lock(&g->lock);
	while (n < max && from != SIZE_MAX) {
		if (held_walk(&g->held, &from, mark, now, &key, &found)) {
			char *bytes = malloc(key.len + 1);

			if (!bytes)
				break;
			out[n++] = (struct group_listed){
				.value = value_ref(found.value),
				.until_ms = found_believed(&found, now),
				.slot = from++,
				.key = key_copy(key, bytes),
			};
		} else if (from != SIZE_MAX) {
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
