/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The getter that asks a Redis server.
 *
 * One question for each key: `GET name`, which needs no other right on the
 * server, and with `ttl = origin` `PTTL name` behind it, sent at once.  A value
 * that is too large is refused by the length before it, and the connection
 * with it.
 */
#include "getter/redis/client.h"
#include "getter/redis/name.h"
#include "getter/remote.h"
#include "lib/secret.h"
#include "net/backoff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES ((size_t)4 * KEY_MAX)

struct redis_options {
	struct remote_options remote;
	char *redis_key; /* what a key is called there, see name.h */
};

static const struct option_def redis_options[] = {
	REMOTE_PASSWORD_OPTION(struct redis_options),
	REMOTE_OPTIONS(struct redis_options),
	OPTION("redis_key", &option_text, struct redis_options, redis_key,
	       .fallback = "{key}", .about = "what a key is called there"),
	{ 0 },
};

struct redis_getter {
	struct redis_pool *pool;
	const struct redis_options *options; /* borrowed */
	bool ttl_origin;
};

struct question {
	const struct redis_getter *g;
	const struct load *load;
	struct buf name; /* of the key, there */
	struct redis_failure failure;
	struct value *value; /* on success */
	/* Of one attempt: */
	struct redis *c;
	bool whole; /* c has nothing more to say */
	bool missing;
	struct buf bytes;
	int64_t ttl_ms;
};

static void redis_destroy(void *getter)
{
	struct redis_getter *g = getter;

	redis_pool_destroy(g->pool);
	free(g);
}

static int redis_create(void **getter, const struct getter_spec *spec,
                        struct reason *why)
{
	const struct redis_options *options = spec->options;
	const struct remote_options *remote = &options->remote;
	const struct curlbase_tls tls = remote_tls(remote);
	struct redis_getter *g = calloc(1, sizeof(*g));
	int err;

	if (!g)
		return reason_oom(why, -ENOMEM);
	g->options = options;
	g->ttl_origin = spec->ttl_origin;
	err = rediskey_check(options->redis_key, why);
	if (!err)
		err = curlbase_check_tls(&tls, why);
	if (!err && secret_check(remote->password_file, why) < 0)
		err = -EINVAL;
	if (!err)
		err = redis_pool_create(&g->pool, spec->source, remote, why);
	if (err) {
		redis_destroy(g);
		return err;
	}
	*getter = g;
	return 0;
}

static void redis_warn(const struct getter_spec *spec, getter_say say,
                       void *arg)
{
	const struct redis_options *options = spec->options;

	remote_warn_password(spec, say, arg);
	remote_warn_insecure(&options->remote, say, arg);
}

/* The next reply, of at most so many bytes. */
static int take(struct question *q, struct redis_reply **reply, size_t max)
{
	int err = redis_receive(q->c, reply, max);

	q->whole = !err;
	return err;
}

static int take_value(struct question *q)
{
	size_t max = q->load->max_value;
	struct redis_reply *reply;
	int err = take(q, &reply, max);

	if (err)
		return err;
	q->missing = reply->kind == REDIS_NIL;
	if (q->missing)
		return 0;
	if (reply->kind != REDIS_TEXT)
		return redis_refuse(q->c, reply);
	if (reply->text.len > max)
		return redis_fail(q->c, -EFBIG, false, "larger than %zu bytes",
		                  max);
	q->bytes = reply->text;
	buf_init(&reply->text, reply->text.max);
	return 0;
}

/* What is behind the value; it counts if the value was good. */
static int take_ttl(struct question *q, int err)
{
	struct redis_failure first = q->failure;
	struct redis_reply *reply;
	int late = take(q, &reply, 0);

	if (!late && reply->kind != REDIS_NUMBER)
		late = redis_refuse(q->c, reply);
	if (!late)
		q->ttl_ms = reply->number;
	if (err)
		q->failure = first;
	return err ? err : late;
}

/* On one connection. */
static int ask(struct question *q)
{
	bool ttl = q->g->ttl_origin;
	int err = redis_put(q->c, "GET %b", q->name.data, q->name.len);

	q->whole = q->missing = false;
	q->ttl_ms = -1;
	buf_init(&q->bytes, q->load->max_value);
	if (!err && ttl)
		err = redis_put(q->c, "PTTL %b", q->name.data, q->name.len);
	if (!err)
		err = redis_send(q->c);
	if (!err)
		err = take_value(q);
	if (q->whole && ttl)
		err = take_ttl(q, err);
	if (!err && q->missing)
		err = redis_fail(q->c, -ENOENT, false, "no such key");
	if (!err) {
		q->value = value_create(&q->bytes, &(struct value_meta){ 0 });
		if (!q->value)
			err = reason_oom(&q->failure.why, -EIO);
	}
	buf_release(&q->bytes);
	return err;
}

/* A connection that had been closed unnoticed is no failure of the server's:
 * we ask again, on a new one. */
static int attempt(struct question *q)
{
	bool stale = false;
	int err;

	do {
		err = redis_begin(&q->c, q->g->pool, stale, q->load->cancel_fd,
		                  &q->failure);
		if (err)
			return err;
		err = ask(q);
		stale = err == -EIO && !q->whole && redis_is_stale(q->c);
		redis_end(q->c, q->whole);
	} while (stale);
	return err;
}

static int get_value(struct question *q)
{
	for (int i = 0;; i++) {
		int err = attempt(q);

		if (!err || !q->failure.transient ||
		    i >= q->g->options->remote.retries)
			return err;
		if (backoff_wait(q->load->cancel_fd, backoff_ms(i)) < 0)
			return reason_set(&q->failure.why, -ECANCELED,
			                  "cancelled");
	}
}

static int redis_get(void *getter, const struct load *load,
                     struct load_result *result)
{
	struct question q = { .g = getter, .load = load };
	int err;

	buf_init(&q.name, NAME_BYTES);
	err = rediskey_expand(q.g->options->redis_key, load->group, load->key,
	                      &q.name);
	if (err)
		reason_set(&q.failure.why, err, "cannot name the key: %s",
		           strerror(-err));
	else
		err = get_value(&q);
	if (err)
		result->why = q.failure.why;
	result->value = q.value;
	/* It has just expired, or will, or says nothing of it. */
	if (!err && q.g->ttl_origin && q.ttl_ms != -1)
		result->ttl_ms = q.ttl_ms > 0 ? q.ttl_ms : 0;
	buf_release(&q.name);
	return err == -ENOMEM ? -EIO : err;
}

const struct getter_ops getter_redis = {
	.source = OPTION("redis", &option_url, struct getter_spec, source,
	                 .example = "redis://127.0.0.1/0",
	                 .about = "redis, rediss or unix; USER:PASSWORD@ "
	                          "before HOST"),
	.options = redis_options,
	.options_size = sizeof(struct redis_options),
	.tells_ttl = true,
	.create = redis_create,
	.destroy = redis_destroy,
	.get = redis_get,
	.warn = redis_warn,
};
