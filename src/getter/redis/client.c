/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection.  hiredis keeps what was received until a reply is whole and
 * then hands it out through callbacks, so a large value is in memory twice
 * for a moment, and no more than that: how much we receive is bounded by what
 * the caller asked for.
 */
#include "getter/redis/priv.h"

#include "lib/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS_MAX ((size_t)1 << 20)
#define SMALL_BYTES  ((size_t)65536) /* not worth closing a connection for */
#define HEAD_BYTES   64              /* of a reply, with its length */

#define NOT_ASKED_FOR "an answer that was not asked for"

int redis_fail(struct redis *c, int err, bool transient, const char *fmt, ...)
{
	char text[sizeof(c->failure->why.text)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	c->failure->transient = transient;
	return reason_set(&c->failure->why, err, "%s: %s", c->pool->url.label,
	                  text);
}

/* The connection, or the way to one, has failed. */
static int redis_break(struct redis *c, int err, const char *text)
{
	if (err == -ECANCELED)
		return reason_set(&c->failure->why, err, "cancelled");
	return redis_fail(c, -EIO, true, "%s", text);
}

/* ---- hiredis' callbacks: NULL is "out of memory" ---- */

/* What is inside an array is not for us. */
static bool is_inner(struct redis *c, const redisReadTask *task)
{
	c->strange |= task->parent != NULL;
	return task->parent != NULL;
}

static void *on_string(const redisReadTask *task, char *text, size_t len)
{
	struct redis *c = task->privdata;

	if (is_inner(c, task))
		return &c->reply;
	c->reply.kind =
	        task->type == REDIS_REPLY_ERROR ? REDIS_ERROR : REDIS_TEXT;
	buf_clear(&c->reply.text);
	return buf_append(&c->reply.text, text, len) < 0 ? NULL : &c->reply;
}

static void *on_integer(const redisReadTask *task, long long number)
{
	struct redis *c = task->privdata;

	if (is_inner(c, task))
		return &c->reply;
	c->reply.kind = REDIS_NUMBER;
	c->reply.number = number;
	return &c->reply;
}

static void *on_nil(const redisReadTask *task)
{
	struct redis *c = task->privdata;

	if (!is_inner(c, task))
		c->reply.kind = REDIS_NIL;
	return &c->reply;
}

static void on_free(void *reply)
{
	(void)reply;
}

static redisReader *reader_create(struct redis *c)
{
	static redisReplyObjectFunctions functions = {
		.createString = on_string,
		.createInteger = on_integer,
		.createNil = on_nil,
		.freeObject = on_free,
	};
	redisReader *reader = redisReaderCreateWithFunctions(&functions);

	if (reader)
		reader->privdata = c;
	return reader;
}

/* ---- open and close ---- */

int redis_open(struct redis **out, struct redis_pool *pool, int cancel_fd,
               struct redis_failure *failure)
{
	const struct stream_place place = {
		.host = pool->url.host,
		.port = pool->url.port,
		.path = pool->url.path,
		.secure = pool->url.secure,
		.tls = remote_tls(pool->options),
		.patience_ms = pool->options->connect_timeout_ms,
	};
	struct redis *c = calloc(1, sizeof(*c));
	struct reason why;
	int err;

	*out = NULL;
	if (!c || !(c->reader = reader_create(c))) {
		free(c);
		failure->transient = true;
		return reason_set(&failure->why, -EIO, "%s: out of memory",
		                  pool->url.label);
	}
	c->pool = pool;
	c->failure = failure;
	c->wait.cancel_fd = cancel_fd;
	c->wait.deadline = clock_now_ms() + place.patience_ms;
	buf_init(&c->commands, COMMANDS_MAX);
	buf_init(&c->reply.text, SMALL_BYTES);
	err = stream_open(&c->stream, &place, &c->wait, &why);
	if (err) {
		err = redis_break(c, err, why.text);
		redis_close(c);
		return err;
	}
	*out = c;
	return 0;
}

void redis_close(struct redis *c)
{
	stream_close(c->stream);
	redisReaderFree(c->reader);
	buf_release(&c->commands);
	buf_release(&c->reply.text);
	free(c);
}

bool redis_is_stale(const struct redis *c)
{
	return c->reused && !c->heard;
}

bool redis_is_idle(const struct redis *c)
{
	return c->reader->pos == c->reader->len && stream_is_quiet(c->stream);
}

/* Its memory is that of the largest reply it had. */
int redis_rest(struct redis *c)
{
	redisReader *reader;

	if (c->reader->pos != c->reader->len)
		return -EIO;
	if (!c->large)
		return 0;
	reader = reader_create(c);
	if (!reader)
		return -ENOMEM;
	redisReaderFree(c->reader);
	c->reader = reader;
	c->large = false;
	buf_release(&c->reply.text);
	return 0;
}

/* ---- commands ---- */

int redis_put(struct redis *c, const char *fmt, ...)
{
	char *command = NULL;
	va_list args;
	int len, err;

	va_start(args, fmt);
	len = redisvFormatCommand(&command, fmt, args);
	va_end(args);
	err = len < 0 ? -ENOMEM
	              : buf_append(&c->commands, command, (size_t)len);
	if (len >= 0)
		redisFreeCommand(command);
	return err ? redis_fail(c, -EIO, false, "out of memory for a command")
	           : 0;
}

/* A failure of the stream. */
static int redis_lose(struct redis *c, int err)
{
	return redis_break(c, err,
	                   err == -ETIMEDOUT ? "no answer"
	                                     : "the connection was closed");
}

int redis_send(struct redis *c)
{
	int err = stream_send(c->stream, c->commands.data, c->commands.len,
	                      &c->wait);

	explicit_bzero(c->commands.data, c->commands.len);
	buf_clear(&c->commands);
	c->begun = false;
	return err ? redis_lose(c, err) : 0;
}

/* ---- replies ---- */

/* The length that the first line of the first reply announces; 0 when it is
 * not a text's, or not whole. */
static size_t announced(const char *bytes, size_t n)
{
	size_t length = 0;

	if (n == 0 || bytes[0] != '$')
		return 0;
	for (size_t i = 1; i < n && i < HEAD_BYTES; i++) {
		if (bytes[i] == '\r')
			return length;
		if (bytes[i] < '0' || bytes[i] > '9' || length > SIZE_MAX / 16)
			return 0;
		length = length * 10 + (size_t)(bytes[i] - '0');
	}
	return 0;
}

/* Receives some more of the reply. */
static int redis_feed(struct redis *c, size_t max)
{
	long n = stream_receive(c->stream, c->room, sizeof(c->room), &c->wait);
	size_t limit = max > SMALL_BYTES ? max : SMALL_BYTES;
	bool large;

	if (n < 0)
		return redis_lose(c, (int)n);
	large = !c->begun && announced(c->room, (size_t)n) > limit;
	c->heard = true;
	c->begun = true;
	c->large |= c->reader->len > SMALL_BYTES;
	/* With room for what is behind it. */
	if (large || c->reader->len - c->reader->pos > limit + SMALL_BYTES)
		return redis_fail(c, -EFBIG, false, "larger than %zu bytes",
		                  max);
	if (redisReaderFeed(c->reader, c->room, (size_t)n) != REDIS_OK)
		return redis_fail(c, -EIO, true, "out of memory");
	return 0;
}

int redis_receive(struct redis *c, struct redis_reply **out, size_t max)
{
	void *reply = NULL;
	int err = 0;

	c->reply.text.max = 2 * SMALL_BYTES;
	if (max > SMALL_BYTES)
		c->reply.text.max = max + SMALL_BYTES;
	c->strange = false;
	while (!err && !reply) {
		if (redisReaderGetReply(c->reader, &reply) != REDIS_OK)
			err = redis_fail(c, -EIO, true,
			                 "not the answer of a Redis server: %s",
			                 c->reader->errstr);
		else if (!reply)
			err = redis_feed(c, max);
	}
	if (!err && (c->strange || reply != &c->reply))
		err = redis_fail(c, -EIO, false, NOT_ASKED_FOR);
	*out = &c->reply;
	return err;
}

static bool begins_with_any(const struct buf *line, const char *const *words)
{
	for (; *words; words++)
		if (line->len >= strlen(*words) &&
		    memcmp(line->data, *words, strlen(*words)) == 0)
			return true;
	return false;
}

int redis_refuse(struct redis *c, const struct redis_reply *reply)
{
	static const char *const denied[] = {
		"NOAUTH ", "WRONGPASS ",           "NOPERM ",
		"DENIED ", "ERR invalid password", NULL,
	};
	static const char *const passing[] = {
		"LOADING ",    "BUSY ",
		"TRYAGAIN ",   "CLUSTERDOWN ",
		"MASTERDOWN ", "ERR max number of clients reached",
		NULL,
	};
	const struct buf *line = &reply->text;

	if (reply->kind != REDIS_ERROR)
		return redis_fail(c, -EIO, false, NOT_ASKED_FOR);
	return redis_fail(c, begins_with_any(line, denied) ? -EACCES : -EIO,
	                  begins_with_any(line, passing), "%.*s",
	                  line->len < 200 ? (int)line->len : 200,
	                  line->data ? line->data : "");
}
