/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* A group begins and ends; its settings, invalidation and figures. */
#include "group/priv.h"

#include "lib/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under the lock, once the group is at work. */
static struct held_limits group_limits(const struct group *g)
{
	return (struct held_limits){ .capacity = g->settings.capacity,
		                     .max_value = g->settings.max_value,
		                     .stale_ms = g->settings.stale_ms,
		                     .peers = g->host->peers != NULL };
}

int group_create(struct group **out, const char *name,
                 const struct group_settings *settings, struct getter *getter,
                 struct group_host *host)
{
	struct group *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->settings = *settings;
	g->host = host;
	g->name = strdup(name);
	if (!g->name || flights_init(&g->flights) < 0 ||
	    held_init(&g->held, settings->policy, group_limits(g)) < 0) {
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
	g->clock.tick = group_tick;
	pool_add_lane(host->pool, &g->lane, settings->loads);
	ticker_add(host->ticker, &g->clock);
	*out = g;
	return 0;
}

void group_close(struct group *g)
{
	struct group_listener *l = g->host->listener;

	pthread_mutex_lock(&g->lock);
	g->closed = true;
	pthread_mutex_unlock(&g->lock);
	ticker_remove(g->host->ticker, &g->clock);
	group_expire(g, CLOCK_NEVER - 1, -EIO); /* everybody */
	pool_remove_lane(g->host->pool, &g->lane);
	group_clear(g);
	if (l)
		l->closed(l, g);
}

/* ---- settings ---- */

const char *group_name(const struct group *g)
{
	return g->name;
}

struct group_settings group_settings(struct group *g)
{
	struct group_settings s;

	pthread_mutex_lock(&g->lock);
	s = g->settings;
	pthread_mutex_unlock(&g->lock);
	return s;
}

/* Completes what was begun in what is held. */
static void group_finish(struct group *g)
{
	bool more, gone;

	do {
		pthread_mutex_lock(&g->lock);
		more = held_step(&g->held);
		gone = g->held.shared.gone != NULL;
		group_unlock(g);
		if (more && !gone)
			group_pause();
	} while (more);
}

int group_set_policy(struct group *g, const struct evict_ops *ops)
{
	int err;

	do {
		pthread_mutex_lock(&g->lock);
		err = held_set_policy(&g->held, ops);
		if (!err)
			g->settings.policy = ops;
		pthread_mutex_unlock(&g->lock);
		group_finish(g);
	} while (err == -EBUSY);
	return err;
}

void group_set_capacity(struct group *g, uint64_t capacity)
{
	pthread_mutex_lock(&g->lock);
	g->settings.capacity = capacity;
	held_set_limits(&g->held, group_limits(g));
	pthread_mutex_unlock(&g->lock);
	group_finish(g);
}

void group_set_ttl(struct group *g, int64_t ttl_ms)
{
	pthread_mutex_lock(&g->lock);
	g->settings.ttl_ms = ttl_ms;
	pthread_mutex_unlock(&g->lock);
}

int group_configure(struct group *g, const struct group_settings *settings,
                    struct getter *getter, bool keep)
{
	struct getter *old;
	int err = group_set_policy(g, settings->policy);

	if (err)
		return err;
	pool_set_lane_limit(g->host->pool, &g->lane, settings->loads);
	pthread_mutex_lock(&g->lock);
	g->settings = *settings;
	held_set_limits(&g->held, group_limits(g));
	old = g->getter;
	g->getter = getter_ref(getter);
	pthread_mutex_unlock(&g->lock);
	getter_unref(old);
	group_finish(g);
	ticker_wake(g->host->ticker, &g->clock, clock_now_ms());
	if (!keep)
		group_clear(g);
	return 0;
}

/* ---- what is held ---- */

struct group_peek group_peek(struct group *g, struct key key)
{
	struct group_peek peek = { 0 };
	struct cache_found found;

	pthread_mutex_lock(&g->lock);
	found = held_peek(&g->held, key, clock_now_ms());
	peek.state = found.state;
	peek.value = found.value ? value_ref(found.value) : NULL;
	peek.expires_ms = found.expires_ms;
	peek.hits = found.hits;
	failures_find(&g->failures, key, &peek.why);
	pthread_mutex_unlock(&g->lock);
	return peek;
}

void group_peek_release(struct group_peek *peek)
{
	value_unref(peek->value);
}

/* A load on its way may be older than the invalidation: it no longer counts.
 */
void group_invalidate(struct group *g, struct key key)
{
	struct group_listener *l = g->host->listener;
	struct flight *f;

	pthread_mutex_lock(&g->lock);
	while ((f = flight_find(&g->flights, key, false)))
		flight_detach(&g->flights, f);
	held_remove(&g->held, key);
	recents_add(&g->recents, key, clock_now_ms());
	group_unlock(g);
	if (l)
		l->gone(l, g, key);
}

void group_invalidate_ago(struct group *g, struct key key, int64_t age_ms)
{
	int64_t known;

	pthread_mutex_lock(&g->lock);
	known = recents_age(&g->recents, key, clock_now_ms());
	pthread_mutex_unlock(&g->lock);
	if (known >= age_ms)
		group_invalidate(g, key);
}

void group_clear(struct group *g)
{
	struct group_listener *l = g->host->listener;

	pthread_mutex_lock(&g->lock);
	flights_detach_all(&g->flights);
	held_clear(&g->held);
	recents_add_all(&g->recents, clock_now_ms());
	pthread_mutex_unlock(&g->lock);
	group_finish(g);
	if (l)
		l->cleared(l, g);
}

void group_invalidate_everywhere(struct group *g, struct key key)
{
	group_invalidate(g, key);
	if (g->host->peers)
		peers_invalidate(g->host->peers, g->name, key);
}

void group_clear_everywhere(struct group *g)
{
	group_clear(g);
	if (g->host->peers)
		peers_invalidate(g->host->peers, g->name, key_of(NULL, 0));
}

/* ---- figures ---- */

struct group_stats group_stats(struct group *g)
{
	struct held_figures held;
	struct group_stats s;

	for (int i = 0; i < COUNTER_COUNT; i++)
		s.of[i] = counters_get(&g->counters, (enum counter)i);
	pthread_mutex_lock(&g->lock);
	held = held_figures(&g->held);
	s.capacity = g->settings.capacity;
	pthread_mutex_unlock(&g->lock);
	s.evictions = held.evictions;
	s.expired = held.expired;
	s.bytes = held.bytes;
	s.items = held.items;
	s.hot_bytes = held.hot_bytes;
	s.hot_items = held.hot_items;
	return s;
}

struct histogram_figures group_took(struct group *g, enum value_source source)
{
	return histogram_read(&g->took[source]);
}

/* Under the lock, for a history of the group. */
static void history_note(struct history *h, const struct counters *c)
{
	const uint64_t of[HISTORY_COLUMN_COUNT] = {
		[HISTORY_gets] = counters_get(c, COUNT_gets),
		[HISTORY_loads] = counters_get(c, COUNT_loads),
		[HISTORY_errors] = counters_get(c, COUNT_local_load_errs),
	};

	history_add(h, of);
}

void group_sample(struct group *g)
{
	pthread_mutex_lock(&g->lock);
	history_note(&g->history, &g->counters);
	pthread_mutex_unlock(&g->lock);
}

int group_history_print(struct group *g, struct buf *out)
{
	struct history h;

	pthread_mutex_lock(&g->lock);
	h = g->history;
	history_note(&h, &g->counters);
	pthread_mutex_unlock(&g->lock);
	return history_print(&h, out);
}

int group_stats_print(const struct group_stats *s, struct buf *out)
{
	static const char *const names[COUNTER_COUNT] = {
#define X(name, help) #name,
		COUNTERS(X)
#undef X
	};

	for (int n = 0; n < COUNTER_COUNT; n++)
		buf_printf(out, "%s=%" PRIu64 " ", names[n], s->of[n]);
	return buf_printf(out,
	                  "evictions=%" PRIu64 " expired=%" PRIu64
	                  " hot_bytes=%" PRIu64 " hot_items=%" PRIu64
	                  " bytes=%" PRIu64 " items=%" PRIu64
	                  " capacity=%" PRIu64,
	                  s->evictions, s->expired, s->hot_bytes, s->hot_items,
	                  s->bytes, s->items, s->capacity);
}

void group_describe_getter(struct group *g, char *out, size_t size)
{
	pthread_mutex_lock(&g->lock);
	snprintf(out, size, "%s", getter_describe(g->getter));
	pthread_mutex_unlock(&g->lock);
}
