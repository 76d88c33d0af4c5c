/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a group's other files stand on: its memory, references and lock. */
#include "group/priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct held_limits group_limits(const struct group *g)
{
	return (struct held_limits){ .capacity = g->settings.capacity,
		                     .max_value = g->settings.max_value,
		                     .stale_ms = g->settings.stale_ms,
		                     .peers = g->host->peers != NULL };
}

int group_new(struct group **out, const char *name,
              const struct group_settings *settings, struct getter *getter,
              struct group_host *host)
{
	struct group *g = calloc(1, sizeof(*g));
	struct held_limits limits;

	if (!g)
		return -ENOMEM;
	g->settings = *settings;
	g->host = host;
	limits = group_limits(g);
	g->name = strdup(name);
	if (!g->name || flights_init(&g->flights) < 0 ||
	    held_init(&g->held, settings->policy, &limits) < 0) {
		flights_release(&g->flights);
		free(g->name);
		free(g);
		return -ENOMEM;
	}
	failures_init(&g->failures);
	pthread_mutex_init(&g->lock, NULL);
	atomic_init(&g->refs, 1);
	g->getter = getter_ref(getter);
	g->dice = key_of(name, strlen(name)).hash | 1;
	*out = g;
	return 0;
}

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
