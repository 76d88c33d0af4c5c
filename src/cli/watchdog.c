/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watchdog.h"

#include "lib/clock.h"
#include "os/sdnotify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STATUS_MS 10000

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

static void status_tell(struct node *node)
{
	struct tally t = { 0 };
	struct group **groups = node_groups(node, &t.groups);
	char hits[32] = "", peers[64] = "";

	for (size_t i = 0; groups && i < t.groups; i++) {
		struct group_stats s = group_stats(groups[i]);

		t.gets += s.of[COUNT_gets];
		t.hits += s.of[COUNT_gets] - s.of[COUNT_loads];
	}
	node_groups_free(groups, groups ? t.groups : 0);
	if (node_peers(node))
		peers_each(node_peers(node), peer_tally, &t);
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

static bool mount_works(const struct watchdog *w)
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
static bool threads_work(struct watchdog *w)
{
	const struct deploy *d = w->deploy;
	bool work = moved(&w->ticks, node_pulse(d->node));

	if (d->server)
		work &= moved(&w->turns, httpd_pulse(server_httpd(d->server)));
	if (d->api)
		work &= moved(&w->calls, httpd_pulse(api_httpd(d->api)));
	return work;
}

/* ---- the thread ---- */

static int64_t watchdog_tick(struct ticker_client *client, int64_t now)
{
	struct watchdog *w = container_of(client, struct watchdog, client);
	int64_t every = sdnotify_watchdog_ms() / 2;

	if (now >= w->next_status) {
		status_tell(w->deploy->node);
		w->next_status = now + STATUS_MS;
	}
	if (now >= w->next_ping) {
		if (mount_works(w) && threads_work(w))
			sdnotify("WATCHDOG=1");
		w->next_ping = now + (every ? every : 1);
	}
	return w->next_ping < w->next_status ? w->next_ping : w->next_status;
}

int watchdog_start(struct watchdog *w, struct deploy *d, const char *mountpoint,
                   const char *device)
{
	int err;

	*w = (struct watchdog){ .deploy = d, .mountpoint = mountpoint };
	if (!sdnotify_wanted())
		return 0;
	snprintf(w->device, sizeof(w->device), "%s", device);
	w->next_ping = sdnotify_watchdog_ms() ? 0 : CLOCK_NEVER;
	/* As if all had moved since: the first look finds them at work. */
	w->ticks = node_pulse(d->node) - 1;
	w->turns = d->server ? httpd_pulse(server_httpd(d->server)) - 1 : 0;
	w->calls = d->api ? httpd_pulse(api_httpd(d->api)) - 1 : 0;
	err = ticker_create(&w->ticker);
	if (err)
		return err;
	w->client.tick = watchdog_tick;
	ticker_add(w->ticker, &w->client);
	return 0;
}

void watchdog_stop(struct watchdog *w)
{
	if (!w->ticker)
		return;
	ticker_remove(w->ticker, &w->client);
	ticker_destroy(w->ticker);
}
