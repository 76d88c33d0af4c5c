/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The connections to one server, and what becomes of those who come when it
 * is down. */
#include "getter/redis/priv.h"

#include "lib/clock.h"
#include "net/backoff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MAX 8

int redis_pool_create(struct redis_pool **out, const char *url,
                      const struct remote_options *options, struct reason *why)
{
	struct redis_pool *p = calloc(1, sizeof(*p));
	int err;

	*out = NULL;
	if (!p)
		return reason_set(why, -ENOMEM, "out of memory");
	pthread_mutex_init(&p->lock, NULL);
	p->options = options;
	err = curlbase_start(why);
	if (!err)
		err = redisurl_parse(&p->url, url, why);
	if (!err && p->url.password && options->password_file)
		err = reason_set(why, -EINVAL,
		                 "a password in the URL and a password_file: "
		                 "only one can be right");
	if (err) {
		redis_pool_destroy(p);
		return err;
	}
	*out = p;
	return 0;
}

void redis_pool_destroy(struct redis_pool *p)
{
	struct redis *next;

	if (!p)
		return;
	for (struct redis *c = p->idle; c; c = next) {
		next = c->next;
		redis_close(c);
	}
	redisurl_release(&p->url);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

const char *redis_label(const struct redis_pool *p)
{
	return p->url.label;
}

/* One that is kept and still there; NULL when there is none. */
static struct redis *idle_take(struct redis_pool *p)
{
	struct redis *c;

	for (;;) {
		pthread_mutex_lock(&p->lock);
		c = p->idle;
		if (c) {
			p->idle = c->next;
			p->idle_count--;
		}
		pthread_mutex_unlock(&p->lock);
		if (!c || redis_is_idle(c))
			return c;
		redis_close(c);
	}
}

/* May this thread try to connect?  If not, the last failure. */
static int try_enter(struct redis_pool *p, bool *for_all,
                     struct redis_failure *failure)
{
	int err = 0;

	pthread_mutex_lock(&p->lock);
	*for_all = false;
	if (p->failures && (p->trying || clock_now_ms() < p->retry_at)) {
		*failure = p->failure;
		err = p->failed;
	} else if (p->failures) {
		p->trying = *for_all = true;
	}
	pthread_mutex_unlock(&p->lock);
	return err;
}

/* How it went.  Of many that fail together the first one counts. */
static void try_leave(struct redis_pool *p, bool for_all, int err,
                      const struct redis_failure *failure)
{
	pthread_mutex_lock(&p->lock);
	if (for_all)
		p->trying = false;
	if (!err) {
		p->failures = 0;
	} else if (err != -ECANCELED && (for_all || !p->failures)) {
		p->retry_at = clock_now_ms() + backoff_ms(p->failures);
		p->failures++;
		p->failed = err;
		p->failure = *failure;
	}
	pthread_mutex_unlock(&p->lock);
}

int redis_begin(struct redis **out, struct redis_pool *p, bool fresh,
                int cancel_fd, struct redis_failure *failure)
{
	bool for_all;
	int err;

	*failure = (struct redis_failure){ .transient = false };
	*out = fresh ? NULL : idle_take(p);
	if (*out) {
		(*out)->reused = true;
		(*out)->heard = false;
		return 0;
	}
	err = try_enter(p, &for_all, failure);
	if (err)
		return err;
	err = redis_open(out, p, cancel_fd, failure);
	try_leave(p, for_all, err, failure);
	return err;
}

void redis_end(struct redis *c, bool whole)
{
	struct redis_pool *p = c->pool;

	if (whole && redis_rest(c) == 0) {
		pthread_mutex_lock(&p->lock);
		if (p->idle_count < IDLE_MAX) {
			c->next = p->idle;
			p->idle = c;
			p->idle_count++;
			c = NULL;
		}
		pthread_mutex_unlock(&p->lock);
	}
	if (c)
		redis_close(c);
}
