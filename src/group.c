/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* A group's life, settings, listing and figures; the read path is read.c. */
#include "group_priv.h"

#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSING_SLACK 65536 /* bytes beside the largest value */

/* Reports and frees what left; without the lock. */
static void group_bury(struct group *g, struct cache_entry *gone)
{
	struct group_listener *l = g->host->listener;

	for (; gone; gone = cache_gone_next(gone)) {
		struct value *value;
		struct key key;

		cache_gone_read(gone, &key, &value);
		if (l && value)
			l->gone(l, g, key);
	}
}

void group_unlock(struct group *g)
{
	struct cache_entry *gone = cache_take_gone(&g->cache);
	struct cache_entry *passed = cache_take_gone(&g->passing);

	pthread_mutex_unlock(&g->lock);
	group_bury(g, gone);
	group_bury(g, passed);
}

/* ---- life ---- */

/* Room for at least the largest value. */
static uint64_t passing_capacity(const struct group_settings *s)
{
	return s->max_value + PASSING_SLACK;
}

static int group_init(struct group *g, const char *name)
{
	const struct group_settings *s = &g->settings;

	g->name = strdup(name);
	if (!g->name)
		return -ENOMEM;
	if (flights_init(&g->flights) < 0) {
		free(g->name);
		return -ENOMEM;
	}
	if (cache_init(&g->cache, s->policy, s->capacity) < 0) {
		flights_release(&g->flights);
		free(g->name);
		return -ENOMEM;
	}
	if (cache_init(&g->passing, evict_table[0], passing_capacity(s)) < 0) {
		cache_release(&g->cache);
		flights_release(&g->flights);
		free(g->name);
		return -ENOMEM;
	}
	failures_init(&g->failures);
	pthread_mutex_init(&g->lock, NULL);
	return 0;
}

int group_create(struct group **out, const char *name,
                 const struct group_settings *settings, struct getter *getter,
                 struct group_host *host)
{
	struct group *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->settings = *settings;
	if (group_init(g, name) < 0) {
		free(g);
		return -ENOMEM;
	}
	atomic_init(&g->refs, 1);
	g->host = host;
	g->getter = getter_ref(getter);
	g->clock.tick = group_tick;
	pool_add_lane(host->pool, &g->lane, settings->loads);
	ticker_add(host->ticker, &g->clock);
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
	cache_release(&g->cache);
	cache_release(&g->passing);
	flights_release(&g->flights);
	failures_release(&g->failures);
	pthread_mutex_destroy(&g->lock);
	free(g->name);
	free(g);
}

void group_close(struct group *g)
{
	struct group_listener *l = g->host->listener;

	pthread_mutex_lock(&g->lock);
	g->closed = true;
	pthread_mutex_unlock(&g->lock);
	ticker_remove(g->host->ticker, &g->clock);
	group_abort(g, -EIO);
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

int group_set_policy(struct group *g, const struct evict_ops *ops)
{
	int err = 0;

	pthread_mutex_lock(&g->lock);
	if (ops != g->settings.policy)
		err = cache_set_policy(&g->cache, ops);
	if (!err)
		g->settings.policy = ops;
	group_unlock(g);
	return err;
}

void group_set_capacity(struct group *g, uint64_t capacity)
{
	pthread_mutex_lock(&g->lock);
	g->settings.capacity = capacity;
	cache_set_capacity(&g->cache, capacity);
	group_unlock(g);
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
	group_set_capacity(g, settings->capacity);
	pool_set_lane_limit(g->host->pool, &g->lane, settings->loads);
	pthread_mutex_lock(&g->lock);
	g->settings = *settings;
	cache_set_capacity(&g->passing, passing_capacity(settings));
	old = g->getter;
	g->getter = getter_ref(getter);
	group_unlock(g);
	getter_unref(old);
	if (!keep)
		group_clear(g);
	return 0;
}

/* ---- what is held ---- */

struct value *group_lookup(struct group *g, struct key key, int64_t *fresh_ms)
{
	struct value *value = NULL;
	struct cache_found found;

	pthread_mutex_lock(&g->lock);
	found = group_find(g, key, clock_now_ms());
	if (found.state == CACHE_FRESH) {
		value = value_ref(found.value);
		*fresh_ms = found.expires_ms;
	}
	pthread_mutex_unlock(&g->lock);
	if (value) {
		counters_add(&g->counters, COUNT_gets);
		counters_add(&g->counters, COUNT_cache_hits);
	}
	return value;
}

struct group_peek group_peek(struct group *g, struct key key)
{
	struct group_peek peek = { 0 };
	struct cache_found found;

	pthread_mutex_lock(&g->lock);
	found = cache_peek(&g->cache, key, clock_now_ms());
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
	f = flight_find(&g->flights, key);
	if (f)
		flight_detach(&g->flights, f);
	cache_remove(&g->cache, key);
	cache_remove(&g->passing, key);
	group_unlock(g);
	if (l)
		l->gone(l, g, key);
}

void group_clear(struct group *g)
{
	struct group_listener *l = g->host->listener;

	pthread_mutex_lock(&g->lock);
	flights_detach_all(&g->flights);
	cache_clear(&g->cache);
	cache_clear(&g->passing);
	group_unlock(g);
	if (l)
		l->cleared(l, g);
}

/* ---- listing ---- */

uint64_t group_list_begin(struct group *g)
{
	uint64_t mark;

	pthread_mutex_lock(&g->lock);
	mark = g->cache.births;
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
	while (n < max) {
		from = cache_walk(&g->cache, from, mark, now, &key, &found);
		if (from == SIZE_MAX)
			break;
		out[n].key = malloc(key.len + 1);
		if (!out[n].key)
			break;
		memcpy(out[n].key, key.data, key.len);
		out[n].key_len = key.len;
		out[n].value = value_ref(found.value);
		out[n].fresh_ms = found.expires_ms;
		out[n++].slot = from++;
	}
	pthread_mutex_unlock(&g->lock);
	return n;
}

void group_listed_release(struct group_listed *l)
{
	free(l->key);
	value_unref(l->value);
}

/* ---- figures ---- */

struct group_stats group_stats(struct group *g)
{
	struct group_stats s;

	for (int i = 0; i < COUNTER_COUNT; i++)
		s.of[i] = counters_get(&g->counters, (enum counter)i);
	pthread_mutex_lock(&g->lock);
	s.evictions = g->cache.evictions;
	s.expired = g->cache.expired;
	s.bytes = g->cache.bytes;
	s.items = g->cache.items;
	s.capacity = g->cache.capacity;
	pthread_mutex_unlock(&g->lock);
	return s;
}

int group_stats_print(const struct group_stats *s, struct buf *out)
{
	int err = 0;

	for (int n = 0; !err && n < COUNTER_COUNT; n++)
		err = buf_printf(out, "%s=%llu ", counter_names[n],
		                 (unsigned long long)s->of[n]);
	if (!err)
		err = buf_printf(out, "evictions=%llu expired=%llu ",
		                 (unsigned long long)s->evictions,
		                 (unsigned long long)s->expired);
	if (!err)
		err = buf_printf(out, "bytes=%llu items=%llu capacity=%llu",
		                 (unsigned long long)s->bytes,
		                 (unsigned long long)s->items,
		                 (unsigned long long)s->capacity);
	return err;
}

void group_describe_getter(struct group *g, char *out, size_t size)
{
	pthread_mutex_lock(&g->lock);
	snprintf(out, size, "%s", getter_describe(g->getter));
	pthread_mutex_unlock(&g->lock);
}
