/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a Redis server is, as its clients commonly write it:
 *
 *     redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]     rediss:// is over TLS
 *     unix://[USER[:PASSWORD]@]/PATH[?db=DB]         a socket, also written
 *                                                    redis+unix:// or unix:/
 *
 * User, password and path are percent-decoded; an IPv6 address is in
 * brackets.  The port is 6379 and the database 0 if not said.
 */
#ifndef DREAMFS_REDISURL_H
#define DREAMFS_REDISURL_H

#include "lib/reason.h"

#include <stdbool.h>

#define REDISURL_LABEL_MAX 144

/* Strings are owned; NULL: not said. */
struct redisurl {
	bool secure;
	char *host; /* as a URL has it */
	unsigned int port;
	char *path; /* of the socket; then there is no host */
	char *user, *password;
	unsigned int db;
	char label[REDISURL_LABEL_MAX]; /* for people: the place alone */
};

/* 0; -EINVAL with the reason, in which no part of the URL is quoted: any could
 * be a misplaced password; -ENOMEM.  After a failure there is nothing to
 * release. */
int redisurl_parse(struct redisurl *out, const char *text, struct reason *why);
/* Wipes the password. */
void redisurl_release(struct redisurl *url);

#endif
