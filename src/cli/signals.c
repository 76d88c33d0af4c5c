/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Draining.  The mount leaves the tree at once, so nobody new comes in.  Who
 * waits for a load gets it or runs out of time; who has files open may read on
 * for a while.  If nobody is left the kernel ends the session by itself.
 *
 * Peers are told by failing heartbeats, and balancers by the front door's
 * health; both are served for as long as the configuration says, so that they
 * learn of it before we are gone.
 */
#include "cli/signals.h"

#include "lib/clock.h"
#include "os/log.h"
#include "os/sdnotify.h"

#include <signal.h>

#define DRAIN_MS      5000 /* for open files, when no load is waited for */
#define DRAIN_POLL_NS 20000000
#define EXTEND_MS     10000 /* of the time the service manager gives us */

static sigset_t handled(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	return set;
}

void signals_block(void)
{
	sigset_t set = handled();

	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void log_counters(struct node *node)
{
	size_t count;
	struct group **groups = node_groups(node, &count);

	for (size_t i = 0; groups && i < count; i++) {
		struct group_stats stats = group_stats(groups[i]);
		struct buf text;

		buf_init(&text, 4096);
		if (group_stats_print(&stats, &text) == 0)
			log_line(LOG_LVL_INFO,
			         &(struct log_about){
			                 .group = group_name(groups[i]) },
			         "%s", text.data);
		buf_release(&text);
	}
	node_groups_free(groups, groups ? count : 0);
}

static void reload(struct signals *s)
{
	struct reason why = { "" };

	sdnotify("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_now_us());
	if (deploy_reload(s->deploy, &why) == 0)
		log_info("configuration reloaded: %zu group%s",
		         s->deploy->conf.group_count,
		         s->deploy->conf.group_count == 1 ? "" : "s");
	else
		log_error("not reloaded, nothing changed: %s", why.text);
	sdnotify("READY=1");
}

/* True when a second signal asks for haste. */
static bool hurried(void)
{
	struct timespec poll = { .tv_nsec = DRAIN_POLL_NS };
	sigset_t set = handled();
	int sig = sigtimedwait(&set, NULL, &poll);

	return sig == SIGTERM || sig == SIGINT;
}

/* Does the mount have readers to wait for? */
static bool mount_busy(struct signals *s, int64_t now, int64_t *last_busy)
{
	if (!s->fs || atomic_load(&s->over))
		return false;
	if (fs_pending(s->fs))
		*last_busy = now;
	return now - *last_busy <= DRAIN_MS;
}

static void drain(struct signals *s)
{
	int64_t now = clock_now_ms(), began = now, last_busy = now;
	int64_t leave = now, extend = now;

	sdnotify("STOPPING=1");
	deploy_drain(s->deploy);
	if (s->deploy->server || s->deploy->api)
		leave += s->deploy->conf.node.drain_ms;
	if (leave > now)
		log_info("leaving: others are served for another %lld ms",
		         (long long)(leave - now));
	if (s->fs && !atomic_load(&s->over)) {
		log_info("unmounting '%s'", fs_mountpoint(s->fs));
		fs_detach(s->fs);
	}
	/* A client of the front door may go on asking for ever. */
	while ((now < leave || mount_busy(s, now, &last_busy) ||
	        (now - began <= DRAIN_MS && s->deploy->api &&
	         httpd_busy(api_httpd(s->deploy->api)))) &&
	       !hurried()) {
		/* As long as we drain we will be some more. */
		if (now >= extend) {
			sdnotify("EXTEND_TIMEOUT_USEC=%lld",
			         EXTEND_MS * 1000LL);
			extend = now + EXTEND_MS / 4;
		}
		now = clock_now_ms();
	}
	if (s->fs && !atomic_load(&s->over))
		fs_stop(s->fs);
}

/* Until it is time to go. */
static void *signals_run(void *arg)
{
	struct signals *s = arg;
	sigset_t set = handled();
	int sig;

	while (!atomic_load(&s->over)) {
		if (sigwait(&set, &sig) != 0 || atomic_load(&s->over))
			continue;
		if (sig == SIGHUP)
			reload(s);
		else if (sig == SIGUSR1)
			log_counters(s->deploy->node);
		else
			break;
	}
	drain(s);
	return NULL;
}

void signals_serve(struct deploy *d)
{
	struct signals s = { .deploy = d };

	signals_run(&s);
}

int signals_start(struct signals *s, struct deploy *d, struct fs *fs)
{
	*s = (struct signals){ .deploy = d, .fs = fs };
	return -pthread_create(&s->thread, NULL, signals_run, s);
}

void signals_stop(struct signals *s)
{
	atomic_store(&s->over, true);
	pthread_kill(s->thread, SIGUSR1);
	pthread_join(s->thread, NULL);
}
