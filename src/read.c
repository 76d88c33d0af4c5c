/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The read path: group_get() at the end of this file, and what becomes of a
 * load it starts:
 *
 *	flight_run      a loader thread: the getter, blocking
 *	flight_done     the same thread: hold the value, answer the waiters
 *	flight_abandon  nobody waits any more: end the load
 */
#include "group_priv.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_KEY_MAX 80 /* bytes of a key in a log line */

static void waiter_answer(struct waiter *w, int err, struct value *value,
                          int64_t fresh_ms)
{
	struct answer answer = { err, value, fresh_ms };

	w->done(w, &answer);
}

/* What a reader may see. */
static int reader_errno(int err)
{
	switch (err) {
	case 0:
	case -ENOENT:
	case -EACCES:
	case -EFBIG:
	case -ETIMEDOUT:
		return err;
	default:
		return -EIO;
	}
}

/* Decides who makes the load, unless a peer's request that waits for it has
 * done so.  Returns the peer to ask, with a reference; NULL: our getter. */
static struct peer *flight_steer(struct flight *f)
{
	struct group *g = f->group;
	struct peer *peer = g->host->peers ? peers_owner(g->host->peers,
	                                                 g->name, flight_key(f))
	                                   : NULL;
	bool local;

	pthread_mutex_lock(&g->lock);
	if (f->route == FLIGHT_OPEN)
		f->route = peer ? FLIGHT_PEER : FLIGHT_LOCAL;
	local = f->route == FLIGHT_LOCAL;
	pthread_mutex_unlock(&g->lock);
	if (!local)
		return peer;
	peer_unref(peer);
	return NULL;
}

/* Asks the owner.  False if it had no answer: then we load it ourselves. */
static bool flight_ask(struct flight *f, const struct load *load,
                       struct load_result *result)
{
	struct group *g = f->group;
	struct peer *peer = flight_steer(f);

	if (!peer)
		return false;
	f->err = peer_get(peer, load, result);
	peer_unref(peer);
	if (f->err == -ECANCELED)
		return true;
	f->from_peer = f->err != PEER_NO_ANSWER;
	counters_add(&g->counters,
	             f->from_peer ? COUNT_peer_loads : COUNT_peer_errors);
	if (f->from_peer)
		return true;
	log_debug("group '%s': %s: loading it here", g->name, result->why.text);
	pthread_mutex_lock(&g->lock);
	f->route = FLIGHT_LOCAL;
	pthread_mutex_unlock(&g->lock);
	return false;
}

static void flight_run(struct job *job, int cancel_fd)
{
	struct flight *f = container_of(job, struct flight, job);
	struct group *g = f->group;
	struct load_result result = { .ttl_ms = TTL_DEFAULT };
	struct load load = { .group = g->name,
		             .key = flight_key(f),
		             .cancel_fd = cancel_fd,
		             .refresh = f->refresh,
		             .previous = f->previous };
	struct getter *getter = NULL;
	int64_t start = clock_now_us(), took;

	pthread_mutex_lock(&g->lock);
	load.max_value = g->settings.max_value;
	load.invalidated_ms =
	        recents_age(&g->recents, flight_key(f), start / 1000);
	if (!list_empty(&f->waiters))
		getter = getter_ref(g->getter);
	pthread_mutex_unlock(&g->lock);
	f->err = -ECANCELED;
	if (!getter)
		return;
	if (!flight_ask(f, &load, &result))
		f->err = getter_get(getter, &load, &result);
	getter_unref(getter);
	f->value = f->err ? NULL : result.value;
	f->ttl_ms = result.ttl_ms;
	f->why = result.why;
	took = clock_now_us() - start;
	if (f->err != -ECANCELED)
		histogram_add(&g->took[f->from_peer], took);
	if (f->value)
		atomic_store(&f->value->fetch_ms, (int)(took / 1000));
}

static void flight_release(struct flight *f)
{
	struct group *g = f->group;
	bool last;

	pthread_mutex_lock(&g->lock);
	last = flight_unref(f);
	pthread_mutex_unlock(&g->lock);
	if (!last)
		return;
	flight_destroy(f);
	group_unref(g);
}

static void flight_log(const struct flight *f)
{
	int len = f->key_len < SHOWN_KEY_MAX ? (int)f->key_len : SHOWN_KEY_MAX;

	if (!f->err && f->why.text[0])
		log_info("group '%s': key '%.*s': %s", f->group->name, len,
		         f->key, f->why.text);
	else if (f->err && f->err != -ENOENT && f->err != -ECANCELED)
		log_warn("group '%s': key '%.*s': %s", f->group->name, len,
		         f->key,
		         f->why.text[0] ? f->why.text : strerror(-f->err));
}

/* Whether one of a peer's answers is kept: popular keys come again and again,
 * and so get in sooner or later.  (xorshift64, Marsaglia 2003.) */
static bool group_lucky(struct group *g)
{
	g->dice ^= g->dice << 13;
	g->dice ^= g->dice >> 7;
	g->dice ^= g->dice << 17;
	return (double)(g->dice >> 11) * 0x1p-53 < g->settings.hot;
}

/* Under the lock: holds a value where it belongs.  Returns until when it may
 * be given out. */
static int64_t flight_keep(struct group *g, struct flight *f, int64_t now,
                           int64_t fresh)
{
	struct key key = flight_key(f);
	enum cache_kind kind = f->from_peer ? CACHE_HOT : CACHE_MAIN;

	/* One copy a key: a renewal stays where it was. */
	if (f->from_peer && cache_peek(&g->caches[CACHE_MAIN], key, now).value)
		kind = CACHE_MAIN;
	for (int n = 0; n < CACHE_KINDS; n++)
		if (n != (int)kind)
			cache_remove(&g->caches[n], key);
	if ((kind == CACHE_MAIN ||
	     cache_peek(&g->caches[kind], key, now).value || group_lucky(g)) &&
	    cache_put(&g->caches[kind], key, f->value, fresh) == 0)
		return fresh;
	if (!f->from_peer)
		reason_set(&f->why, 0,
		           "not kept: %zu bytes do not fit the capacity",
		           f->value->size);
	if (fresh > now + PASSING_MS)
		fresh = now + PASSING_MS;
	cache_put(&g->caches[CACHE_PASSING], key, f->value, fresh);
	return fresh;
}

static int64_t flight_expiry(const struct group *g, const struct flight *f,
                             int64_t now)
{
	if (f->ttl_ms == TTL_DEFAULT)
		return clock_after(now, g->settings.ttl_ms);
	return f->ttl_ms < TTL_FOREVER - now ? now + f->ttl_ms : CLOCK_NEVER;
}

/* Under the lock: the caches learn what the load brought.  Returns until when
 * a value may be given out. */
static int64_t flight_store(struct group *g, struct flight *f, int64_t now)
{
	struct key key = flight_key(f);

	if (!f->err) {
		f->why.text[0] = '\0';
		failures_forget(&g->failures, key);
		return f->attached ? flight_keep(g, f, now,
		                                 flight_expiry(g, f, now))
		                   : now;
	}
	if (f->err != -ECANCELED && f->why.text[0])
		failures_add(&g->failures, key, &f->why);
	if (f->err == -ENOENT && f->attached) {
		group_remove(g, key);
		if (g->settings.negative_ttl_ms)
			cache_put(&g->caches[CACHE_MAIN], key, NULL,
			          now + g->settings.negative_ttl_ms);
	}
	return now;
}

/* Under the lock: drops what expired; returns when to come again. */
static int64_t group_sweep(struct group *g, int64_t now)
{
	int64_t next = CLOCK_NEVER;

	for (int n = 0; n < CACHE_KINDS; n++) {
		int64_t sweep = cache_sweep(&g->caches[n], now);

		next = sweep < next ? sweep : next;
	}
	return next;
}

static void flight_done(struct job *job)
{
	struct flight *f = container_of(job, struct flight, job);
	struct group *g = f->group;
	struct list_node answered;
	struct waiter *w;
	int64_t fresh, now = clock_now_ms(), sweep;

	list_init(&answered);
	pthread_mutex_lock(&g->lock);
	fresh = flight_store(g, f, now);
	sweep = group_sweep(g, now);
	flight_detach(&g->flights, f);
	while ((w = flight_next_waiter(f)))
		list_insert(answered.prev, &w->in_flight);
	group_unlock(g);

	if (sweep != CLOCK_NEVER)
		ticker_wake(g->host->ticker, &g->clock, sweep);
	if (f->err != -ECANCELED && !f->from_peer)
		counters_add(&g->counters, f->err ? COUNT_local_load_errs
		                                  : COUNT_local_loads);
	flight_log(f);
	while (!list_empty(&answered)) {
		w = container_of(answered.next, struct waiter, in_flight);
		list_remove(&w->in_flight);
		waiter_answer(w, reader_errno(f->err), f->value, fresh);
	}
	flight_release(f);
}

/* Under the lock, when a waiter left: true if nobody waits any more.  The
 * caller then holds a reference and calls flight_abandon() without the lock. */
static bool flight_forsaken(struct group *g, struct flight *f)
{
	if (!list_empty(&f->waiters))
		return false;
	flight_detach(&g->flights, f);
	f->refs++;
	return true;
}

static void flight_abandon(struct flight *f)
{
	if (pool_cancel(f->group->host->pool, &f->job)) {
		f->err = -ECANCELED;
		flight_done(&f->job);
	}
	flight_release(f);
}

/* Answers the waiters whose time is up by `until`. */
static void group_expire(struct group *g, int64_t until, int err)
{
	struct waiter *w;

	for (;;) {
		struct flight *f = NULL;

		pthread_mutex_lock(&g->lock);
		w = flights_next_due(&g->flights, until);
		if (w && flight_forsaken(g, w->flight))
			f = w->flight;
		pthread_mutex_unlock(&g->lock);
		if (!w)
			return;
		waiter_answer(w, err, NULL, 0);
		if (f)
			flight_abandon(f);
	}
}

int64_t group_tick(struct ticker_client *client, int64_t now)
{
	struct group *g = container_of(client, struct group, clock);
	int64_t sweep, deadline;

	group_expire(g, now, -ETIMEDOUT);
	pthread_mutex_lock(&g->lock);
	sweep = group_sweep(g, now);
	deadline = flights_deadline(&g->flights);
	group_unlock(g);
	return sweep < deadline ? sweep : deadline;
}

void group_abort(struct group *g, int err)
{
	group_expire(g, CLOCK_NEVER - 1, err);
}

void group_cancel(struct group *g, struct waiter *w, int err)
{
	struct flight *f = NULL;
	bool waiting;

	pthread_mutex_lock(&g->lock);
	waiting = w->state == WAITER_WAITING;
	if (w->state == WAITER_NEW)
		w->cancelled = err;
	if (waiting) {
		flight_leave(w);
		if (flight_forsaken(g, w->flight))
			f = w->flight;
	}
	pthread_mutex_unlock(&g->lock);
	if (waiting)
		waiter_answer(w, err, NULL, 0);
	if (f)
		flight_abandon(f);
}

/* Under the lock: the load that is on its way and may be joined, or NULL. */
static struct flight *group_boarding(struct group *g, struct key key,
                                     unsigned int want, int64_t now)
{
	bool local = want & GROUP_FOR_PEER;
	struct flight *f = flight_find(&g->flights, key, local);

	if (f && (want & GROUP_REFRESH ||
	          now - f->started_ms > g->settings.timeout_ms)) {
		flight_detach(&g->flights, f);
		f = NULL;
	}
	if (f && local)
		f->route = FLIGHT_LOCAL;
	return f;
}

/* Under the lock: joins the load of the key that is on its way, or a new one.
 * Returns the flight if it is new and wants to be launched. */
static struct flight *group_board(struct group *g, struct key key,
                                  unsigned int want, struct waiter *w,
                                  int64_t now)
{
	struct flight *f = group_boarding(g, key, want, now);
	struct cache_found held;
	bool fresh = false;

	if (!f) {
		f = flight_create(&g->flights, g, key, now);
		if (!f)
			return NULL;
		fresh = true;
		group_ref(g);
		held = group_look(g, key, now);
		f->previous = held.value ? value_ref(held.value) : NULL;
		f->route = want & GROUP_FOR_PEER ? FLIGHT_LOCAL : FLIGHT_OPEN;
		f->refresh = want & GROUP_REFRESH;
		f->job.run = flight_run;
		f->job.done = flight_done;
	}
	flight_join(&g->flights, f, w, now + g->settings.timeout_ms);
	return fresh ? f : NULL;
}

static void group_launch(struct group *g, struct flight *f)
{
	int err;

	counters_add(&g->counters, COUNT_loads_deduped);
	err = pool_submit(g->host->pool, &g->lane, &f->job);
	if (!err)
		return;
	/* Closed meanwhile: then its waiters have been answered. */
	f->err = err == -ESHUTDOWN ? -ECANCELED : err;
	if (f->err != -ECANCELED)
		reason_set(&f->why, err, "cannot start a thread for the load");
	flight_done(&f->job);
}

struct cache_found group_find(struct group *g, struct key key, int64_t now)
{
	struct cache_found found = { .state = CACHE_ABSENT };

	for (int n = 0; n < CACHE_KINDS && found.state == CACHE_ABSENT; n++)
		if (g->caches[n].table.count)
			found = cache_find(&g->caches[n], key, now);
	return found;
}

struct cache_found group_look(const struct group *g, struct key key,
                              int64_t now)
{
	struct cache_found found = { .state = CACHE_ABSENT };

	for (int n = 0; n < CACHE_KINDS && found.state == CACHE_ABSENT; n++)
		found = cache_peek(&g->caches[n], key, now);
	return found;
}

void group_remove(struct group *g, struct key key)
{
	for (int n = 0; n < CACHE_KINDS; n++)
		cache_remove(&g->caches[n], key);
}

/* A group that is gone has no keys; but for peers that would mean that no
 * node has them. */
static int closed_errno(unsigned int want)
{
	return want & GROUP_FOR_PEER ? -ESHUTDOWN : -ENOENT;
}

/* Under the lock: what can be said at once; false if it must be loaded. */
static bool group_knows(struct group *g, struct key key, unsigned int want,
                        const struct waiter *w, int64_t now,
                        struct answer *answer)
{
	struct cache_found found;

	answer->err = w->cancelled        ? w->cancelled
	              : g->closed         ? closed_errno(want)
	              : key.len > KEY_MAX ? -ENAMETOOLONG
	                                  : 0;
	if (answer->err || want & GROUP_REFRESH)
		return answer->err != 0;
	found = group_find(g, key, now);
	if (found.state == CACHE_NEGATIVE) {
		answer->err = -ENOENT;
		counters_add(&g->counters, COUNT_negative_hits);
	} else if (found.state == CACHE_FRESH) {
		answer->value = value_ref(found.value);
		answer->fresh_ms = found.expires_ms;
		counters_add(&g->counters, COUNT_cache_hits);
	}
	return answer->err || answer->value;
}

void group_get(struct group *g, struct key key, unsigned int want,
               struct waiter *w)
{
	struct answer answer = { 0 };
	struct flight *launch = NULL;
	int64_t now = clock_now_ms(), wake = CLOCK_NEVER;
	bool known;

	counters_add(&g->counters, COUNT_gets);
	if (want & GROUP_FOR_PEER)
		counters_add(&g->counters, COUNT_server_requests);
	pthread_mutex_lock(&g->lock);
	known = group_knows(g, key, want, w, now, &answer);
	if (!known) {
		launch = group_board(g, key, want, w, now);
		known = w->state == WAITER_NEW;
		answer.err = known ? -ENOMEM : 0;
		if (flights_deadline(&g->flights) == w->deadline)
			wake = w->deadline;
	}
	if (known)
		w->state = WAITER_ANSWERED;
	pthread_mutex_unlock(&g->lock);

	if (known) {
		w->done(w, &answer);
		value_unref(answer.value);
		return;
	}
	counters_add(&g->counters, COUNT_loads);
	if (wake != CLOCK_NEVER)
		ticker_wake(g->host->ticker, &g->clock, wake);
	if (launch)
		group_launch(g, launch);
}
