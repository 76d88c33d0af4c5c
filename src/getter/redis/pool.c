/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The connections to one server, how they begin, and what becomes of those who
 * come when it is down. */
#include "getter/redis/priv.h"

#include "lib/clock.h"
#include "lib/secret.h"
#include "net/backoff.h"

#include <errno.h>
#include <stdio.h>
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
		return reason_oom(why, -ENOMEM);
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

/* ---- how a connection begins ---- */

/* Waits for an OK.  A server that does not know the command repeats its words
 * in the error, so of that only the first is shown. */
static int expect_ok(struct redis *c, bool secret)
{
	struct redis_reply *reply;
	int err = redis_receive(c, &reply, 0);

	if (err || reply->kind == REDIS_TEXT)
		return err;
	if (secret && reply->kind == REDIS_ERROR &&
	    memmem(reply->text.data, reply->text.len, "with args", 9))
		return redis_fail(c, -EIO, false,
		                  "the server does not know AUTH");
	return redis_refuse(c, reply);
}

/* AUTH with user and password, SELECT of a database, both sent at once. */
static int sign_in(struct redis *c)
{
	const struct redisurl *url = &c->pool->url;
	const char *user = url->user ? url->user : "";
	const char *secret = url->password ? url->password : "";
	const char *file = c->pool->options->password_file;
	bool auth = file || *user || *secret;
	struct buf password;
	struct reason why;
	int err = 0;

	buf_init(&password, SECRET_FILE_MAX);
	if (file) {
		err = secret_read(&password, file, c->wait.cancel_fd, &why);
		secret = password.data;
	}
	/* Of the file that is our failure, not the key's. */
	if (err == -ECANCELED)
		reason_set(&c->failure->why, err, "cancelled");
	else if (err)
		err = redis_fail(c, -EIO, true, "password_file: %s", why.text);
	else if (auth)
		err = *user ? redis_put(c, "AUTH %s %s", user, secret)
		            : redis_put(c, "AUTH %s", secret);
	secret_release(&password);
	if (!err && url->db)
		err = redis_put(c, "SELECT %u", url->db);
	if (!err && c->commands.len)
		err = redis_send(c);
	if (!err && auth)
		err = expect_ok(c, true);
	if (!err && url->db)
		err = expect_ok(c, false);
	return err;
}

/* ---- who takes one, and who tries ---- */

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
		(*out)->failure = failure;
		(*out)->wait.cancel_fd = cancel_fd;
		(*out)->reused = true;
		(*out)->heard = false;
		return 0;
	}
	err = try_enter(p, &for_all, failure);
	if (err)
		return err;
	err = redis_open(out, p, cancel_fd, failure);
	if (!err)
		err = sign_in(*out);
	if (!err) {
		(*out)->wait.deadline = CLOCK_NEVER;
	} else if (*out) {
		redis_close(*out);
		*out = NULL;
	}
	try_leave(p, for_all, err, failure);
	return err;
}

void redis_end(struct redis *c, bool whole)
{
	struct redis_pool *p = c->pool;

	c->failure = NULL;
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
