/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a group's other files stand on: its references and lock. */
#include "group/priv.h"

#include <stdlib.h>

struct group *group_ref(struct group *g)
{
	atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
	return g;
}

void group_unref(struct group *g)
{
	if (!g ||
	    atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) != 1)
		return;
	getter_unref(g->getter);
	held_release(&g->held);
	flights_release(&g->flights);
	failures_release(&g->failures);
	log_limit_release(&g->not_loaded);
	log_limit_release(&g->not_kept);
	pthread_mutex_destroy(&g->lock);
	free(g->name);
	free(g);
}

void group_unlock(struct group *g)
{
	struct cache_entry *gone = cache_take_gone(&g->held.shared);
	struct group_listener *l = g->host->listener;

	pthread_mutex_unlock(&g->lock);
	for (; gone; gone = cache_gone_next(gone)) {
		struct value *value;
		struct key key;
		enum cache_gone why = cache_gone_read(gone, &key, &value);

		if (l && value && why != GONE_CLEARED)
			l->gone(l, g, key);
	}
}
