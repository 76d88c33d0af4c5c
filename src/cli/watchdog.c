/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watchdog.h"

#include "lib/clock.h"
#include "os/mountinfo.h"
#include "os/sdnotify.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MS 10000

struct watch {
	struct deploy *deploy;
	char *mountpoint; /* NULL: none */
	char *device;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool leave; /* under lock */
	/* The thread's: */
	unsigned int ticks, turns, calls; /* when it looked last */
	int64_t next_ping, next_status;
};

/* ---- how it is ---- */

struct tally {
	size_t groups, peers, up;
	uint64_t gets, hits;
};

static void peer_tally(const struct peers_node *n, void *arg)
{
	struct tally *t = arg;

	t->peers += n->peer != NULL;
	t->up += n->peer && peer_is_up(n->peer);
}

static struct tally node_tally(struct node *n)
{
	struct tally t = { 0 };
	struct group **groups = node_groups(n, &t.groups);

	for (size_t i = 0; groups && i < t.groups; i++) {
		struct group_stats s = group_stats(groups[i]);

		t.gets += s.of[COUNT_gets];
		t.hits += s.of[COUNT_gets] - s.of[COUNT_loads];
	}
	node_groups_free(groups, groups ? t.groups : 0);
	if (node_peers(n))
		peers_each(node_peers(n), peer_tally, &t);
	return t;
}

static void status_tell(struct watch *w)
{
	struct tally t = node_tally(w->deploy->node);
	char hits[32] = "", peers[64] = "";

	if (t.gets)
		snprintf(hits, sizeof(hits), ", %u%% hits",
		         (unsigned int)(100 * (double)t.hits / (double)t.gets));
	if (t.peers)
		snprintf(peers, sizeof(peers), ", %zu/%zu peers up", t.up,
		         t.peers);
	sdnotify("STATUS=%zu group%s, %llu gets%s%s", t.groups,
	         t.groups == 1 ? "" : "s", (unsigned long long)t.gets, hits,
	         peers);
}

/* ---- whether it works ---- */

static bool mount_works(const struct watch *w)
{
	static struct log_limit limit;
	int err;

	if (!w->mountpoint)
		return true;
	err = mount_ask(w->mountpoint, w->device);
	/* What was unmounted may still be used through open files. */
	if (!err || err == -ENOENT)
		return true;
	log_often(&limit, LOG_LVL_ERROR,
	          &(struct log_about){ .error = strerror(-err) },
	          "the mount does not answer");
	return false;
}

/* Has it moved since we looked last? */
static bool moved(unsigned int *last, unsigned int now)
{
	bool moved = *last != now;

	*last = now;
	return moved;
}

/* All are told to move on, and have until the next time. */
static bool threads_work(struct watch *w)
{
	const struct deploy *d = w->deploy;
	bool work = moved(&w->ticks, node_pulse(d->node));

	if (d->server)
		work &= moved(&w->turns, server_pulse(d->server));
	if (d->api)
		work &= moved(&w->calls, api_pulse(d->api));
	return work;
}

/* ---- the thread ---- */

/* Sleeps until then; false when it is to leave. */
static bool watch_sleep(struct watch *w, int64_t until)
{
	struct timespec time = { .tv_sec = until / 1000,
		                 .tv_nsec = until % 1000 * 1000000 };
	bool leave;

	pthread_mutex_lock(&w->lock);
	while (!w->leave && pthread_cond_timedwait(&w->changed, &w->lock,
	                                           &time) != ETIMEDOUT)
		continue;
	leave = w->leave;
	pthread_mutex_unlock(&w->lock);
	return !leave;
}

static void *watch_run(void *arg)
{
	struct watch *w = arg;
	int64_t every = sdnotify_watchdog_ms() / 2, now;

	pthread_setname_np(pthread_self(), "watch");
	w->next_status = clock_now_ms();
	w->next_ping = sdnotify_watchdog_ms() ? w->next_status : CLOCK_NEVER;
	w->ticks = node_pulse(w->deploy->node) - 1;
	if (w->deploy->server)
		w->turns = server_pulse(w->deploy->server) - 1;
	if (w->deploy->api)
		w->calls = api_pulse(w->deploy->api) - 1;
	do {
		now = clock_now_ms();
		if (now >= w->next_status) {
			status_tell(w);
			w->next_status = now + STATUS_MS;
		}
		if (now >= w->next_ping) {
			if (mount_works(w) && threads_work(w))
				sdnotify("WATCHDOG=1");
			w->next_ping = now + (every ? every : 1);
		}
	} while (watch_sleep(w, w->next_ping < w->next_status
	                                ? w->next_ping
	                                : w->next_status));
	return NULL;
}

/* ---- life ---- */

static void watch_free(struct watch *w)
{
	free(w->mountpoint);
	free(w->device);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int watch_start(struct watch **out, struct deploy *d, const char *mountpoint,
                const char *device)
{
	pthread_condattr_t attr;
	struct watch *w;
	int err = 0;

	*out = NULL;
	if (!sdnotify_wanted())
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->deploy = d;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (mountpoint) {
		w->mountpoint = strdup(mountpoint);
		w->device = strdup(device);
		err = w->mountpoint && w->device ? 0 : -ENOMEM;
	}
	if (!err)
		err = -pthread_create(&w->thread, NULL, watch_run, w);
	if (err)
		watch_free(w);
	else
		*out = w;
	return err;
}

void watch_stop(struct watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->leave = true;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	watch_free(w);
}
