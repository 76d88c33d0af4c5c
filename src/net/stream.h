/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection for bytes in both directions: TCP, TLS or a unix socket.
 *
 * libcurl makes it (names, both families of addresses, TLS with the host's
 * name verified), the same as it makes those of fetch.h; what is sent is the
 * caller's.  Belongs to one thread at a time.
 *
 * Everything that waits ends when `cancel_fd` (-1: none) is readable, with
 * -ECANCELED, and at the deadline (of clock.h; CLOCK_NEVER: none), with
 * -ETIMEDOUT.  After any failure the stream is of no further use.
 */
#ifndef DREAMFS_STREAM_H
#define DREAMFS_STREAM_H

#include "lib/reason.h"
#include "net/curl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where to; borrowed. */
struct stream_place {
	const char *host; /* as in a URL, an IPv6 address in brackets */
	unsigned int port;
	const char *path; /* of a unix socket; then host and port are not */
	bool secure;      /* TLS */
	struct curlbase_tls tls;
	int64_t patience_ms; /* for unanswered bytes: then the other side is
				gone; above 0 */
};

struct stream_wait {
	int cancel_fd;
	int64_t deadline;
};

struct stream;

/* 0; -ECANCELED, -ETIMEDOUT, -ENOMEM; -EIO for the rest, always with the
 * reason. */
int stream_open(struct stream **out, const struct stream_place *place,
                const struct stream_wait *wait, struct reason *why);
/* Closes; NULL is fine. */
void stream_close(struct stream *s);

/* All of the bytes: 0; -EIO when the connection broke; see above. */
int stream_send(struct stream *s, const void *bytes, size_t n,
                const struct stream_wait *wait);
/* What comes next, into `room`: its length, at least 1; -EIO when the
 * connection broke or was closed; see above. */
long stream_receive(struct stream *s, void *room, size_t n,
                    const struct stream_wait *wait);

/* Nothing came, nor was it closed: for a connection that waited for use. */
bool stream_is_quiet(const struct stream *s);

#endif
