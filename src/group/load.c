/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a load:
 *
 *	flight_start    hands it to the pool
 *	flight_run      a loader thread: the owner or the getter, blocking
 *	flight_done     the same thread: hold the value, answer the waiters
 *	flight_cancel   nobody waits any more: end the load
 */
#include "group/priv.h"

#include "lib/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Pauses after failures, each twice the last one, of which the later half is
 * random: not all keys come back at once. */
#define RETRY_MS      2000
#define RETRY_MAX_MS  5000
#define RETRY_SOON_MS 1000 /* after an answer that was stale itself */
/* What any entry is charged at least: a value of a batch of these may be in the
 * way of no more entries than that. */
#define ENTRY_LEAST 128

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
static struct peer *flight_route(struct flight *f)
{
	struct group *g = f->group;
	struct peer *peer =
	        g->host->peers ? peers_owner(g->host->peers, g->name, f->key)
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
	struct peer *peer = flight_route(f);

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
	log_line(LOG_LVL_DEBUG,
	         &(struct log_about){ .group = g->name,
	                              .key = f->key,
	                              .error = result->why.text },
	         "loading it here");
	pthread_mutex_lock(&g->lock);
	f->route = FLIGHT_LOCAL;
	pthread_mutex_unlock(&g->lock);
	return false;
}

void flight_run(struct job *job, int cancel_fd)
{
	struct flight *f = container_of(job, struct flight, job);
	struct group *g = f->group;
	struct load_result result = { .ttl_ms = TTL_DEFAULT };
	struct load load = { .group = g->name,
		             .key = f->key,
		             .cancel_fd = cancel_fd,
		             .refresh = f->refresh,
		             .previous = f->previous };
	struct getter *getter = NULL;
	int64_t start = clock_now_us(), took;

	pthread_mutex_lock(&g->lock);
	load.max_value = g->settings.max_value;
	load.invalidated_ms = recents_age(&g->recents, f->key, start / 1000);
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
	f->must_revalidate = result.must_revalidate;
	f->why = result.why;
	took = clock_now_us() - start;
	if (f->err != -ECANCELED)
		histogram_add(&g->took[f->from_peer], took);
	if (f->value)
		atomic_store(&f->value->fetch_ms, (int)(took / 1000));
}

void flight_release(struct flight *f)
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
	struct group *g = f->group;
	struct log_about about = { .group = g->name,
		                   .key = f->key,
		                   .error = f->why.text };

	if (f->err == -ECANCELED)
		return;
	if (f->err && f->err != -ENOENT && !f->why.text[0])
		about.error = strerror(-f->err);
	if (!f->err && f->why.text[0])
		log_often(&g->not_kept, LOG_LVL_INFO, &about, "not kept");
	else if (!f->err)
		log_line(LOG_LVL_DEBUG, &about,
		         "loaded: %zu bytes in %d ms, %s", f->value->size,
		         atomic_load(&f->value->fetch_ms),
		         f->from_peer ? "from a peer" : "by the getter");
	else if (f->err == -ENOENT)
		log_line(LOG_LVL_DEBUG, &about, "no such key");
	else
		log_often(&g->not_loaded, LOG_LVL_WARN, &about, "cannot load");
}

/* xorshift64 (Marsaglia 2003), for what need not be secret. */
static uint64_t group_dice(struct group *g)
{
	g->dice ^= g->dice << 13;
	g->dice ^= g->dice >> 7;
	g->dice ^= g->dice << 17;
	return g->dice >> 11;
}

/* Under the lock: a load failed.  If the value is stale it is given out on,
 * and after a pause the next reader has it loaded again.  But denied and too
 * large are answers: they, too, are what the source says now. */
static void group_fail(struct group *g, struct key key, int err, int64_t now)
{
	struct cache_found found = held_peek(&g->held, key, now);
	uint64_t pause = RETRY_MS;

	if (found.state != CACHE_STALE)
		return;
	if (err == -EACCES || err == -EFBIG) {
		held_remove(&g->held, key);
		return;
	}
	for (unsigned int n = 0; n < found.tries && pause < RETRY_MAX_MS; n++)
		pause *= 2;
	if (pause > RETRY_MAX_MS)
		pause = RETRY_MAX_MS;
	pause = pause / 2 + group_dice(g) % (pause / 2);
	held_defer(&g->held, key, now + (int64_t)pause, found.tries + 1);
}

void flight_time_out(struct flight *f, int64_t now)
{
	struct group *g = f->group;
	struct reason why;

	if (!f->attached)
		return;
	reason_set(&why, -ETIMEDOUT, "no answer within %lld ms",
	           (long long)g->settings.timeout_ms);
	failures_add(&g->failures, f->key, &why);
	group_fail(g, f->key, -ETIMEDOUT, now);
}

/* Under the lock: the caches learn of a failure. */
static void flight_store_failure(struct group *g, struct flight *f, int64_t now)
{
	struct key key = f->key;

	if (f->err != -ECANCELED && f->why.text[0])
		failures_add(&g->failures, key, &f->why);
	if (!f->attached || f->err == -ECANCELED)
		return;
	if (f->err != -ENOENT) {
		group_fail(g, key, f->err, now);
		return;
	}
	if (g->settings.negative_ttl_ms)
		held_keep_negative(&g->held, key,
		                   now + g->settings.negative_ttl_ms);
	else
		held_remove(&g->held, key);
}

/* Under the lock: the caches learn what the load brought.  Returns until when
 * a value may be given out. */
static int64_t flight_store(struct group *g, struct flight *f, int64_t now)
{
	struct held_arrival a = { .key = f->key,
		                  .value = f->value,
		                  .tier = HELD_MAIN };
	struct cache_found held;

	if (f->err) {
		flight_store_failure(g, f, now);
		return now;
	}
	f->why.text[0] = '\0';
	failures_forget(&g->failures, f->key);
	if (!f->attached)
		return now;
	/* "Not modified" need not repeat that. */
	held = held_peek(&g->held, f->key, now);
	if (held.value == f->value && held.must_revalidate)
		f->must_revalidate = true;
	a.must_revalidate = f->must_revalidate;
	if (f->ttl_ms == TTL_DEFAULT)
		a.expires_ms = clock_after(now, g->settings.ttl_ms);
	else
		a.expires_ms = f->ttl_ms < TTL_FOREVER - now ? now + f->ttl_ms
		                                             : CLOCK_NEVER;
	/* Of peers' answers a share is kept: popular keys come again and again,
	 * and so get in sooner or later. */
	if (f->from_peer)
		a.tier = (double)group_dice(g) * 0x1p-53 < g->settings.hot
		                 ? HELD_HOT
		                 : HELD_GRACE;
	if (held_keep(&g->held, &a, now) != HELD_MAIN && !f->from_peer)
		reason_set(&f->why, 0, "%zu bytes do not fit the capacity",
		           f->value->size);
	if (a.expires_ms <= now)
		held_defer(&g->held, f->key, now + RETRY_SOON_MS, 0);
	return a.expires_ms;
}

/* Makes room for a large value among many small ones, without the lock being
 * held for long. */
static void flight_make_room(struct flight *f)
{
	struct group *g = f->group;
	bool more = !f->err && !f->from_peer &&
	            f->value->size > (size_t)CACHE_BATCH * ENTRY_LEAST;

	while (more) {
		pthread_mutex_lock(&g->lock);
		more = f->attached &&
		       !held_peek(&g->held, f->key, clock_now_ms()).value &&
		       held_make_room(&g->held, value_footprint(f->value));
		group_unlock(g);
	}
}

void flight_done(struct job *job)
{
	struct flight *f = container_of(job, struct flight, job);
	struct group *g = f->group;
	struct list_node answered;
	struct answer answer;
	struct waiter *w;
	int64_t fresh, now, sweep;

	list_init(&answered);
	/* Before anyone can see the value. */
	if (f->err != -ECANCELED && !f->from_peer)
		counters_add(&g->counters, f->err ? COUNT_local_load_errs
		                                  : COUNT_local_loads);
	flight_make_room(f);
	now = clock_now_ms();
	pthread_mutex_lock(&g->lock);
	fresh = flight_store(g, f, now);
	sweep = held_due(&g->held);
	flight_detach(&g->flights, f);
	while ((w = flight_next_waiter(f)))
		list_insert(answered.prev, &w->in_flight);
	group_unlock(g);

	if (sweep != CLOCK_NEVER)
		ticker_wake(g->host->ticker, &g->clock, sweep);
	flight_log(f);
	answer = (struct answer){ reader_errno(f->err), f->value, fresh,
		                  f->must_revalidate };
	while (!list_empty(&answered)) {
		w = container_of(answered.next, struct waiter, in_flight);
		list_remove(&w->in_flight);
		w->done(w, &answer);
	}
	flight_release(f);
}

struct flight *flight_unwanted(struct flight *f)
{
	if (!list_empty(&f->waiters))
		return NULL;
	flight_detach(&f->group->flights, f);
	f->refs++;
	return f;
}

void flight_cancel(struct flight *f)
{
	if (pool_cancel(f->group->host->pool, &f->job)) {
		f->err = -ECANCELED;
		flight_done(&f->job);
	}
	flight_release(f);
}

void flight_start(struct flight *f)
{
	struct group *g = f->group;
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
