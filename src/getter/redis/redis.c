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

/* One attempt at one key. */
struct question {
	const struct redis_getter *g;
	const struct load *load;
	struct redis_word name;
	struct load_result *result;
	struct redis_failure failure;
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

static int put(struct redis *c, struct question *q, const char *command)
{
	const struct redis_word words[] = { { command, strlen(command) },
		                            q->name };

	return redis_put(c, words, 2, &q->failure);
}

static int send_question(struct redis *c, struct question *q)
{
	int err = put(c, q, "GET");

	if (!err && q->g->ttl_origin)
		err = put(c, q, "PTTL");
	return err ? err : redis_send(c, q->load->cancel_fd, &q->failure);
}

static int strange(struct question *q)
{
	q->failure.transient = false;
	return reason_set(&q->failure.why, -EIO,
	                  "%s: an answer that was not asked for",
	                  redis_label(q->g->pool));
}

/*
 * The value's reply: 0 with its bytes, or a failure.  *answered: another
 * reply follows on this connection.
 */
static int take_value(struct redis *c, struct question *q, struct buf *bytes,
                      bool *missing, bool *answered)
{
	struct redis_reply *reply;
	int err = redis_receive(c, &reply, q->load->max_value,
	                        q->load->cancel_fd, &q->failure);

	*answered = !err;
	if (err)
		return err;
	*missing = reply->kind == REDIS_NIL;
	if (reply->kind == REDIS_ERROR)
		return redis_refusal(c, reply, &q->failure);
	if (reply->kind == REDIS_NUMBER)
		return strange(q);
	if (*missing)
		return 0;
	if (reply->text.len > q->load->max_value) {
		q->failure.transient = false;
		return reason_set(&q->failure.why, -EFBIG,
		                  "%s: larger than %zu bytes",
		                  redis_label(q->g->pool), q->load->max_value);
	}
	*bytes = reply->text;
	buf_init(&reply->text, reply->text.max);
	return 0;
}

static int take_ttl(struct redis *c, struct question *q, int64_t *ttl_ms,
                    bool *answered)
{
	struct redis_reply *reply;
	int err = redis_receive(c, &reply, 0, q->load->cancel_fd, &q->failure);

	*answered = !err;
	if (err)
		return err;
	if (reply->kind == REDIS_ERROR)
		return redis_refusal(c, reply, &q->failure);
	if (reply->kind != REDIS_NUMBER)
		return strange(q);
	*ttl_ms = reply->number;
	return 0;
}

/* All replies; the first failure is the one that is told. */
static int take_answer(struct redis *c, struct question *q, struct buf *bytes,
                       bool *missing, int64_t *ttl_ms, bool *answered)
{
	int err = take_value(c, q, bytes, missing, answered), late;
	struct redis_failure first = q->failure;

	if (!*answered || !q->g->ttl_origin)
		return err;
	late = take_ttl(c, q, ttl_ms, answered);
	if (err)
		q->failure = first;
	return err ? err : late;
}

static int keep(struct question *q, struct buf *bytes, int64_t ttl_ms)
{
	const struct value_meta meta = { .etag = NULL };

	q->result->value = value_create(bytes, &meta);
	if (!q->result->value)
		return reason_oom(&q->failure.why, -EIO);
	/* It has just expired, or will, or says nothing of it. */
	if (q->g->ttl_origin && ttl_ms != -1)
		q->result->ttl_ms = ttl_ms > 0 ? ttl_ms : 0;
	return 0;
}

/* On one connection; *whole: it has nothing more to say. */
static int ask(struct redis *c, struct question *q, bool *whole)
{
	bool missing = false;
	int64_t ttl_ms = -1;
	struct buf bytes;
	int err = send_question(c, q);

	buf_init(&bytes, q->load->max_value);
	*whole = false;
	if (!err)
		err = take_answer(c, q, &bytes, &missing, &ttl_ms, whole);
	if (!err && missing)
		err = reason_set(&q->failure.why, -ENOENT, "%s: no such key",
		                 redis_label(q->g->pool));
	else if (!err)
		err = keep(q, &bytes, ttl_ms);
	buf_release(&bytes);
	return err;
}

/* A connection that had been closed unnoticed is no failure of the server's:
 * we ask again, on a new one. */
static int attempt(struct question *q)
{
	bool stale = false, whole;
	struct redis *c;
	int err;

	do {
		err = redis_begin(&c, q->g->pool, stale, q->load->cancel_fd,
		                  &q->failure);
		if (err)
			return err;
		err = ask(c, q, &whole);
		stale = err == -EIO && !whole && redis_is_stale(c);
		redis_end(c, whole);
	} while (stale);
	return err;
}

static int get_value(struct question *q)
{
	int err;

	for (int i = 0;; i++) {
		q->failure = (struct redis_failure){ .transient = false };
		err = attempt(q);
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
	struct question q = { .g = getter, .load = load, .result = result };
	struct buf name;
	int err;

	buf_init(&name, NAME_BYTES);
	err = rediskey_expand(q.g->options->redis_key, load->group, load->key,
	                      &name);
	q.name = (struct redis_word){ name.data ? name.data : "", name.len };
	if (err)
		reason_set(&q.failure.why, err, "cannot name the key: %s",
		           strerror(-err));
	else
		err = get_value(&q);
	if (err)
		result->why = q.failure.why;
	buf_release(&name);
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
