/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* How a connection begins: AUTH with user and password, SELECT of a database,
 * both sent at once. */
#include "getter/redis/priv.h"

#include "lib/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct redis_word word(const char *text)
{
	return (struct redis_word){ text, strlen(text) };
}

/* Reads the password's file; a failure there is ours, not the key's. */
static int password_read(const struct redis_pool *p, struct buf *password,
                         int cancel_fd, struct redis_failure *failure)
{
	struct reason why = { "" };
	int err = secret_read(password, p->options->password_file, cancel_fd,
	                      &why);

	if (err == -ECANCELED)
		return reason_set(&failure->why, err, "cancelled");
	return err ? redis_fail(p, failure, -EIO, true, "password_file: %s",
	                        why.text)
	           : 0;
}

static int put_auth(struct redis *c, const char *password,
                    struct redis_failure *failure)
{
	const char *user = c->pool->url.user;
	struct redis_word words[3] = { word("AUTH") };
	int n = 1;

	if (user && *user)
		words[n++] = word(user);
	words[n++] = word(password);
	return redis_put(c, words, n, failure);
}

static int put_select(struct redis *c, struct redis_failure *failure)
{
	struct redis_word words[2] = { word("SELECT") };
	char db[16];

	snprintf(db, sizeof(db), "%u", c->pool->url.db);
	words[1] = word(db);
	return redis_put(c, words, 2, failure);
}

/* Waits for an OK.  A server that does not know the command repeats its words
 * in the error, so of that only the first is shown. */
static int expect_ok(struct redis *c, bool secret, int cancel_fd,
                     struct redis_failure *failure)
{
	struct redis_reply *reply;
	int err = redis_receive(c, &reply, 0, cancel_fd, failure);

	if (err || reply->kind == REDIS_TEXT)
		return err;
	if (reply->kind != REDIS_ERROR)
		return redis_fail(c->pool, failure, -EIO, false,
		                  "an answer that was not asked for");
	if (secret && memmem(reply->text.data, reply->text.len, "with args", 9))
		return redis_fail(c->pool, failure, -EIO, false,
		                  "the server does not know AUTH");
	return redis_refusal(c, reply, failure);
}

int redis_login(struct redis *c, int cancel_fd, struct redis_failure *failure)
{
	const struct redisurl *url = &c->pool->url;
	bool auth = c->pool->options->password_file ||
	            (url->user && *url->user) ||
	            (url->password && *url->password);
	struct buf password;
	int err = 0;

	buf_init(&password, SECRET_FILE_MAX);
	if (c->pool->options->password_file)
		err = password_read(c->pool, &password, cancel_fd, failure);
	if (!err && auth)
		err = put_auth(c,
		               password.data   ? password.data
		               : url->password ? url->password
		                               : "",
		               failure);
	secret_release(&password);
	if (!err && url->db)
		err = put_select(c, failure);
	if (!err && c->commands.len)
		err = redis_send(c, cancel_fd, failure);
	if (!err && auth)
		err = expect_ok(c, true, cancel_fd, failure);
	if (!err && url->db)
		err = expect_ok(c, false, cancel_fd, failure);
	return err;
}
