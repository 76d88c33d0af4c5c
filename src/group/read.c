/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The read path, which is group_get() at the end of this file:
 *
 *	                       the lock
 *	                      |
 *	may it be asked?      |  no: cancelled, closed, too long ----> answered
 *	held?                 |  fresh, "no such key" ---------------> answered
 *	  held_find()         |  stale ------------------------------> answered,
 *	                      |                     and a load in the background
 *	on its way?           |  join: flight_find(), flight_join() -> waits
 *	else                  |  group_add_flight(), flight_join() --> waits
 *	                      |
 *	  flight_start()         the pool, then one of its threads (load.c):
 *	  flight_run()           the owner or our getter, blocking
 *	                      |
 *	  flight_done()       |  held_keep(), unless it was invalidated;
 *	                      |  takes the waiters out -------------> answered
 *
 * Where there is a bar the group's lock is held; what is between two gaps in it
 * is one step.  Whoever takes a waiter out of its flight, under the lock, is
 * the one who answers it, without the lock:
 *
 *	group_get()      what needs no load      the caller's thread
 *	flight_done()    what the load brought   a loader's thread
 *	group_tick()     its time is up          the ticker's
 *	group_cancel()   it wants none           whoever says so
 *	group_close()    the group ends          whoever calls it
 *
 * The last three cancel a load for which nobody waits any more.
 */
#include "group/priv.h"

#include "lib/clock.h"

#include <errno.h>

/* Without the lock: answers a waiter that was taken out of its flight, which
 * is cancelled if nobody else waits for it (else NULL). */
static void waiter_fail(struct waiter *w, int err, struct flight *unwanted)
{
	w->done(w, &(struct answer){ .err = err });
	if (unwanted)
		flight_cancel(unwanted);
}

void group_expire(struct group *g, int64_t until, int err)
{
	struct flight *unwanted;
	struct waiter *w;

	for (;;) {
		pthread_mutex_lock(&g->lock);
		w = flights_next_due(&g->flights, until);
		if (w && w == &w->flight->own && err == -ETIMEDOUT)
			flight_time_out(w->flight, until);
		unwanted = w ? flight_unwanted(w->flight) : NULL;
		pthread_mutex_unlock(&g->lock);
		if (!w)
			return;
		waiter_fail(w, err, unwanted);
	}
}

int64_t group_tick(struct ticker_client *client, int64_t now)
{
	struct group *g = container_of(client, struct group, clock);
	int64_t sweep, deadline;

	group_expire(g, now, -ETIMEDOUT);
	pthread_mutex_lock(&g->lock);
	sweep = held_sweep(&g->held, now);
	deadline = flights_deadline(&g->flights);
	group_unlock(g);
	return sweep < deadline ? sweep : deadline;
}

void group_cancel(struct group *g, struct waiter *w, int err)
{
	struct flight *unwanted = NULL;
	bool waiting;

	pthread_mutex_lock(&g->lock);
	waiting = w->state == WAITER_WAITING;
	if (w->state == WAITER_NEW)
		w->cancelled = err;
	if (waiting) {
		flight_leave(w);
		unwanted = flight_unwanted(w->flight);
	}
	pthread_mutex_unlock(&g->lock);
	if (waiting)
		waiter_fail(w, err, unwanted);
}

/* ---- joining and starting loads ---- */

/* Under the lock: a new load, to be joined and started; NULL without memory.
 */
static struct flight *group_add_flight(struct group *g, struct key key,
                                       unsigned int want, int64_t now)
{
	struct flight *f = flight_create(&g->flights, g, key, now);
	struct cache_found held;

	if (!f)
		return NULL;
	group_ref(g);
	held = held_peek(&g->held, key, now);
	f->previous = held.value ? value_ref(held.value) : NULL;
	f->route = want & GROUP_FOR_PEER ? FLIGHT_LOCAL : FLIGHT_OPEN;
	f->refresh = want & GROUP_REFRESH;
	f->job.run = flight_run;
	f->job.done = flight_done;
	return f;
}

/* Under the lock: joins the load of the key that is on its way, or a new one if
 * none may be joined.  Returns the flight if it is new and wants to be started.
 */
static struct flight *group_join(struct group *g, struct key key,
                                 unsigned int want, struct waiter *w,
                                 int64_t now)
{
	struct flight *f = flight_find(&g->flights, key, want & GROUP_FOR_PEER);
	struct flight *made = NULL;

	if (f && (want & GROUP_REFRESH ||
	          now - f->started_ms > g->settings.timeout_ms)) {
		flight_detach(&g->flights, f);
		f = NULL;
	}
	if (!f)
		f = made = group_add_flight(g, key, want, now);
	else if (want & GROUP_FOR_PEER)
		f->route = FLIGHT_LOCAL;
	if (f)
		flight_join(&g->flights, f, w, now + g->settings.timeout_ms);
	return made;
}

/* ---- stale values ---- */

/* Answered like a reader: when the load is done, or when its time is up. */
static void refresh_done(struct waiter *w, const struct answer *answer)
{
	struct flight *f = container_of(w, struct flight, own);
	struct group *g = f->group;

	(void)answer;
	pthread_mutex_lock(&g->lock);
	g->refreshing--;
	pthread_mutex_unlock(&g->lock);
	flight_release(f);
}

/* Under the lock: a stale value is given out.  Returns the load that is to
 * renew it, for the caller to start; NULL: it is on its way already, failed a
 * moment ago, or would take the room of loads that readers wait for. */
static struct flight *group_refresh(struct group *g, struct key key,
                                    unsigned int want,
                                    const struct cache_found *found,
                                    int64_t now)
{
	struct flight *f = NULL;

	if (!g->closed && now >= found->retry_ms &&
	    g->refreshing < (g->settings.loads + 1) / 2 &&
	    !flight_find(&g->flights, key, false))
		f = group_add_flight(g, key, want, now);
	if (!f)
		return NULL;
	g->refreshing++;
	f->refs++;
	waiter_init(&f->own, refresh_done);
	flight_join(&g->flights, f, &f->own, now + g->settings.timeout_ms);
	return f;
}

static void refresh_start(struct flight *f)
{
	struct group *g = f->group;

	ticker_wake(g->host->ticker, &g->clock, f->own.deadline);
	flight_start(f);
}

/* ---- asking ---- */

int64_t found_believed(const struct cache_found *found, int64_t now)
{
	int64_t until = now + STALE_BELIEVED_MS;

	if (found->state == CACHE_FRESH)
		return found->expires_ms;
	return until < found->stale_ms ? until : found->stale_ms;
}

struct value *group_find(struct group *g, struct key key, int64_t *until_ms,
                         bool *stale)
{
	int64_t now = clock_now_ms();
	struct value *value = NULL;
	struct cache_found found;

	pthread_mutex_lock(&g->lock);
	found = held_find(&g->held, key, now);
	if (found.state == CACHE_FRESH || found.state == CACHE_STALE)
		value = value_ref(found.value);
	pthread_mutex_unlock(&g->lock);
	*stale = found.state == CACHE_STALE;
	if (value)
		*until_ms = found_believed(&found, now);
	if (found.state == CACHE_FRESH) {
		counters_add(&g->counters, COUNT_gets);
		counters_add(&g->counters, COUNT_cache_hits);
	}
	return value;
}

void group_renew(struct group *g, struct key key)
{
	int64_t now = clock_now_ms();
	struct flight *start = NULL;
	struct cache_found found;

	counters_add(&g->counters, COUNT_gets);
	counters_add(&g->counters, COUNT_stale_served);
	pthread_mutex_lock(&g->lock);
	found = held_peek(&g->held, key, now);
	if (found.state == CACHE_STALE)
		start = group_refresh(g, key, GROUP_HELD_OR_LOAD, &found, now);
	pthread_mutex_unlock(&g->lock);
	if (start)
		refresh_start(start);
}

/* Under the lock: what can be said at once; false if it must be loaded.  With a
 * stale value *start is what group_refresh() says. */
static bool group_answer(struct group *g, struct key key, unsigned int want,
                         const struct waiter *w, int64_t now,
                         struct answer *answer, struct flight **start)
{
	/* A group that is gone has no keys; but for peers that would mean that
	 * no node has them. */
	int closed = want & GROUP_FOR_PEER ? -ESHUTDOWN : -ENOENT;
	struct cache_found found;

	answer->err = w->cancelled        ? w->cancelled
	              : g->closed         ? closed
	              : key.len > KEY_MAX ? -ENAMETOOLONG
	                                  : 0;
	if (answer->err || want & GROUP_REFRESH)
		return answer->err != 0;
	found = held_find(&g->held, key, now);
	if (found.state == CACHE_NEGATIVE) {
		answer->err = -ENOENT;
		counters_add(&g->counters, COUNT_negative_hits);
		return true;
	}
	if (found.state == CACHE_STALE)
		*start = group_refresh(g, key, want, &found, now);
	else if (found.state != CACHE_FRESH)
		return false;
	counters_add(&g->counters, found.state == CACHE_STALE
	                                   ? COUNT_stale_served
	                                   : COUNT_cache_hits);
	*answer = (struct answer){ .value = value_ref(found.value),
		                   .fresh_ms = found.expires_ms,
		                   .must_revalidate = found.must_revalidate };
	return true;
}

void group_get(struct group *g, struct key key, unsigned int want,
               struct waiter *w)
{
	struct answer answer = { 0 };
	struct flight *start = NULL;
	int64_t now = clock_now_ms(), wake = CLOCK_NEVER;
	bool known;

	counters_add(&g->counters, COUNT_gets);
	if (want & GROUP_FOR_PEER)
		counters_add(&g->counters, COUNT_server_requests);
	pthread_mutex_lock(&g->lock);
	known = group_answer(g, key, want, w, now, &answer, &start);
	if (!known) {
		start = group_join(g, key, want, w, now);
		known = w->state == WAITER_NEW;
		answer.err = known ? -ENOMEM : 0;
		if (flights_deadline(&g->flights) == w->deadline)
			wake = w->deadline;
	}
	if (known)
		w->state = WAITER_ANSWERED;
	else
		counters_add(&g->counters, COUNT_loads);
	pthread_mutex_unlock(&g->lock);

	if (known) {
		w->done(w, &answer);
		value_unref(answer.value);
		if (start)
			refresh_start(start);
		return;
	}
	if (wake != CLOCK_NEVER)
		ticker_wake(g->host->ticker, &g->clock, wake);
	if (start)
		flight_start(start);
}
