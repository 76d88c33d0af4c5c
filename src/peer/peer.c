/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/priv.h"

#include "lib/clock.h"
#include "peer/wire/url.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PEER_URL_MAX (4 * KEY_MAX + 4096)
#define RETRY_MS     1000 /* after an invalidation that failed */
#define HTTP_LEAVES  503

/* ---- requests ---- */

int peer_call(struct peer *p, struct peer_call *c,
              const struct dialect *dialect, const char *group, struct key key,
              struct fetch_request *request)
{
	int err;

	*c = (struct peer_call){ .fetch = fetch_begin(p->pool) };
	buf_init(&c->url, PEER_URL_MAX);
	buf_puts(&c->url, p->url);
	peerurl_format(&c->url, dialect, group, key);
	err = c->fetch ? buf_end(&c->url) : -ENOMEM;
	if (err) {
		reason_set(&c->reply.why, err, "%s: %s", p->url,
		           strerror(-err));
		return -ENOMEM;
	}
	request->url = c->url.data;
	return fetch_run(c->fetch, request, &c->reply);
}

void peer_call_end(struct peer_call *c)
{
	fetch_reply_release(&c->reply);
	if (c->fetch)
		fetch_end(c->fetch);
	buf_release(&c->url);
}

/* ---- health ---- */

void peer_note(struct peer *p, enum health_event event, bool heartbeat)
{
	bool changed, up;

	pthread_mutex_lock(&p->lock);
	changed = health_note(&p->health, event, heartbeat, clock_now_ms());
	up = p->health.up;
	atomic_store(&p->up, up);
	if (changed)
		pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	if (changed)
		log_often(&p->flips, LOG_LVL_WARN,
		          &(struct log_about){ .peer = p->url }, "is %s",
		          up ? "back" : "down");
}

bool peer_is_up(struct peer *p)
{
	return atomic_load(&p->up);
}

struct health peer_health(struct peer *p)
{
	struct health h;

	pthread_mutex_lock(&p->lock);
	h = p->health;
	pthread_mutex_unlock(&p->lock);
	return h;
}

struct histogram_figures peer_took(struct peer *p)
{
	return histogram_read(&p->took);
}

bool peer_settles(struct peer *p)
{
	return atomic_load(&p->settles);
}

/* Any answer will do, but that it leaves: Go groupcache has no heartbeat and
 * says 404, as long as the path is below its base; its handler panics at any
 * other.  0; -EHOSTDOWN without an answer; -ECANCELED; or another negative
 * errno for a bad one. */
int peer_probe(struct peer *p, int64_t timeout_ms, int cancel_fd)
{
	struct fetch_request request = { .max_body = FETCH_TEXT_MAX,
		                         .timeout_ms = timeout_ms,
		                         .cancel_fd = cancel_fd };
	struct key hello = key_of(HEARTBEAT_KEY, sizeof(HEARTBEAT_KEY) - 1);
	struct peer_call c;
	int err = peer_call(p, &c, p->settings.dialect, HEARTBEAT_GROUP, hello,
	                    &request);

	if (!err)
		atomic_store(&p->settles, c.reply.status == HTTP_OK);
	if (c.reply.silent || (!err && c.reply.status == HTTP_LEAVES))
		err = -EHOSTDOWN;
	peer_call_end(&c);
	return err;
}

/* ---- the keeper ---- */

void peer_invalidate(struct peer *p, const char *group, struct key key)
{
	pthread_mutex_lock(&p->lock);
	if (backlog_add(&p->backlog, group, key))
		pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

/* Sends one invalidation: 0 once the peer has answered, whatever it said. */
static int keeper_send(struct peer *p, const struct notice *n,
                       int64_t timeout_ms)
{
	struct fetch_request request = { .method = "DELETE",
		                         .max_body = FETCH_TEXT_MAX,
		                         .timeout_ms = timeout_ms,
		                         .cancel_fd = -1 };
	/* Only groupcache's paths have an empty key, which stands for the
	 * group, too; a dreamfs knows both. */
	const struct dialect *dialect =
	        n->key.len ? p->settings.dialect : &dialect_groupcache;
	struct peer_call c;
	int err;

	if (n->whole) {
		request.headers =
		        curl_slist_append(NULL, HEADER_SCOPE ": " SCOPE_GROUP);
		if (!request.headers)
			return -ENOMEM;
	}
	err = peer_call(p, &c, dialect, n->group, n->key, &request);
	if (err && err != -ENOMEM)
		peer_note(p, c.reply.silent ? HEALTH_SILENT : HEALTH_FAILED,
		          false);
	peer_call_end(&c);
	curl_slist_free_all(request.headers);
	return err;
}

/* Under the lock; releases it meanwhile.  True if there may be more. */
static bool keeper_flush(struct peer *p, int64_t timeout_ms)
{
	struct notice *n = p->health.up ? backlog_take(&p->backlog) : NULL;
	int err;

	if (!n)
		return false;
	pthread_mutex_unlock(&p->lock);
	err = keeper_send(p, n, timeout_ms);
	pthread_mutex_lock(&p->lock);
	if (err)
		backlog_return(&p->backlog, n);
	else
		free(n);
	return !err;
}

/* Under the lock; releases it meanwhile. */
static void keeper_beat(struct peer *p)
{
	int err;

	pthread_mutex_unlock(&p->lock);
	err = peer_probe(p, p->settings.timeout_ms, p->stop_fd);
	if (err != -ECANCELED)
		peer_note(p,
		          err == 0            ? HEALTH_OK
		          : err == -EHOSTDOWN ? HEALTH_SILENT
		                              : HEALTH_FAILED,
		          true);
	pthread_mutex_lock(&p->lock);
}

static void *keeper_run(void *arg)
{
	struct peer *p = arg;
	int64_t beat = clock_now_ms() + p->settings.health_ms, retry = 0, left;
	struct timespec until;
	size_t unsaid;

	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		int64_t now = clock_now_ms();

		if (now >= beat) {
			keeper_beat(p);
			beat = clock_now_ms() + p->settings.health_ms;
		} else if (now < retry || !p->backlog.count || !p->health.up) {
			until = clock_timespec(
			        retry > now && retry < beat ? retry : beat);
			pthread_cond_timedwait(&p->changed, &p->lock, &until);
		} else if (!keeper_flush(p, p->settings.timeout_ms)) {
			retry = clock_now_ms() + RETRY_MS;
		}
	}
	/* The last words. */
	do
		left = p->stop_ms - clock_now_ms();
	while (left > 0 && keeper_flush(p, left));
	unsaid = p->backlog.count;
	pthread_mutex_unlock(&p->lock);
	if (unsaid)
		log_line(LOG_LVL_WARN, &(struct log_about){ .peer = p->url },
		         "invalidations that did not reach it: %zu", unsaid);
	return NULL;
}

/* ---- life ---- */

static void peer_free(struct peer *p)
{
	if (p->pool)
		fetch_pool_destroy(p->pool);
	if (p->stop_fd >= 0)
		close(p->stop_fd);
	log_limit_release(&p->flips);
	backlog_release(&p->backlog);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p->url);
	free(p);
}

int peer_create(struct peer **out, const char *url,
                const struct peer_settings *settings, struct reason *why)
{
	struct fetch_config config = { .protocols = "http,https",
		                       .proxy = "",
		                       .path_as_is = true,
		                       .connect_timeout_ms =
		                               settings->timeout_ms };
	struct peer *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return reason_oom(why, -ENOMEM);
	atomic_init(&p->refs, 1);
	atomic_init(&p->up, true);
	health_init(&p->health, clock_now_ms());
	backlog_init(&p->backlog, PEER_BACKLOG_MAX);
	pthread_mutex_init(&p->lock, NULL);
	clock_cond_init(&p->changed);
	p->settings = *settings;
	p->url = strdup(url);
	p->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = p->url && p->stop_fd >= 0
	              ? fetch_pool_create(&p->pool, &config, why)
	              : reason_oom(why, -ENOMEM);
	if (!err) {
		err = -pthread_create(&p->keeper, NULL, keeper_run, p);
		if (err)
			reason_set(why, err, "cannot start a thread: %s",
			           strerror(-err));
	}
	if (err) {
		peer_free(p);
		return err;
	}
	*out = p;
	return 0;
}

struct peer *peer_ref(struct peer *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

void peer_unref(struct peer *p)
{
	if (p && atomic_fetch_sub(&p->refs, 1) == 1)
		peer_free(p);
}

void peer_stop(struct peer *p)
{
	uint64_t one = 1;

	pthread_mutex_lock(&p->lock);
	p->stop = true;
	p->stop_ms = clock_now_ms() + p->settings.timeout_ms;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	if (write(p->stop_fd, &one, sizeof(one)) < 0)
		log_error("cannot write an eventfd: %s", strerror(errno));
}

void peer_close(struct peer *p)
{
	pthread_join(p->keeper, NULL);
}

const char *peer_url(const struct peer *p)
{
	return p->url;
}
