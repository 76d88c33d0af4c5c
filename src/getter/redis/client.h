/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Redis server and the connections to it.
 *
 * A pool stands for one server.  A thread takes a connection, which is then
 * its own and signed in with its database chosen, asks and gives it back; a
 * few that are not in use are kept open.  One that was closed meanwhile is
 * noticed and replaced.
 *
 * When connecting fails (signing in is part of it) the pool remembers it for
 * a while, longer after each failure: until then nobody tries, everybody gets
 * the same failure at once; then one tries for all.
 *
 * hiredis writes the commands and reads the replies (RESP2), stream.h carries
 * them.
 */
#ifndef DREAMFS_REDIS_H
#define DREAMFS_REDIS_H

#include "getter/remote.h"
#include "lib/buf.h"
#include "lib/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why something failed. */
struct redis_failure {
	struct reason why; /* with the server's name, without secrets */
	bool transient;    /* it may be gone next time */
};

struct redis_pool; /* shared by threads */
struct redis;      /* a connection; one thread at a time */

/* `url` is as url.h says; the options are borrowed for as long as the pool is
 * there.  0; -EINVAL or -ENOMEM with the reason.  Connects to nothing. */
int redis_pool_create(struct redis_pool **out, const char *url,
                      const struct remote_options *options, struct reason *why);
/* When every connection is back. */
void redis_pool_destroy(struct redis_pool *pool);

/*
 * A connection for this thread alone; `fresh`: a new one.  Until redis_end() it
 * borrows `cancel_fd`, by which all waiting ends with -ECANCELED when it is
 * readable, and `failure`, which is set by whatever fails from here on.
 * 0; -ECANCELED; -EACCES when the server does not let us in; -EIO.
 */
int redis_begin(struct redis **out, struct redis_pool *pool, bool fresh,
                int cancel_fd, struct redis_failure *failure);
/* Gives it back; one that is not `whole` (a call failed, a reply was not
 * waited for) is closed. */
void redis_end(struct redis *c, bool whole);
/* A connection that was kept from before turned out to be closed before it
 * said anything: what was asked was not answered by anybody. */
bool redis_is_stale(const struct redis *c);

/* Puts a command, as redisCommand() of hiredis has it ("GET %b", bytes, size),
 * to those that redis_send() sends.  0 or -EIO. */
int redis_put(struct redis *c, const char *fmt, ...);
int redis_send(struct redis *c);

enum redis_kind { REDIS_NIL, REDIS_NUMBER, REDIS_TEXT, REDIS_ERROR };

struct redis_reply {
	enum redis_kind kind;
	int64_t number;
	struct buf text; /* for the caller to take the bytes out; REDIS_ERROR:
			    the server's line */
};

/*
 * The next reply, whatever kind; borrowed until the next call on c.  0;
 * -ECANCELED; -EFBIG when it is larger than `max` bytes and was not waited
 * for, found before the memory is taken; -EIO.  (A text of a few KiB may come
 * whole although it is larger: look at its length.)
 */
int redis_receive(struct redis *c, struct redis_reply **out, size_t max);

/* Sets the failure, "redis://HOST:PORT: …", and returns err. */
int redis_fail(struct redis *c, int err, bool transient, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
/* For a reply of a kind that was not asked for: -EACCES or -EIO, with the
 * server's line if it is a REDIS_ERROR. */
int redis_refuse(struct redis *c, const struct redis_reply *reply);

#endif
