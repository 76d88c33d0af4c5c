/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP/1.1 server on one thread: libmicrohttpd, driven from an epoll loop
 * of ours, with answers that may come later and from other threads.
 *
 * libmicrohttpd reads, parses and writes.  The rest is here: accepting,
 * waking, time limits and what happens when there are too many connections.
 * One connection carries one request at a time:
 *
 *     idle --> working --> sending --> idle      a reply at once
 *                 |           ^
 *                 +- waiting -+                  http_ready(), any thread
 *
 * A waiting request costs its connection and no thread.
 *
 * Who is slow or hostile never stops the others.  Headers and URL must fit a
 * few KiB (414, 431), bodies of requests are thrown away and may be small
 * only (413).  A connection may take `idle_ms` to bring a whole request, drop
 * by drop or not at all, `idle_ms` between two drops of a reply it takes, and
 * HTTPD_SEND_MS for the whole of one.  At the limit of connections the one
 * that has been idle longest (but not for a moment only) makes room for the
 * next; if none is idle, one that has been taking its reply for seconds; else
 * newcomers wait in the kernel's queue.
 *
 * Without MHD's own thread (it stalls when 128 events are ready at once) and
 * without MHD's own listening socket (when its limit was reached, it does not
 * look at that again before something else happens).
 *
 * Sources: libmicrohttpd 0.9.75, src/microhttpd/daemon.c (MHD_epoll(),
 * MHD_suspend_connection(), MHD_resume_connection()) and connection.c.
 */
#ifndef DREAMFS_HTTPD_H
#define DREAMFS_HTTPD_H

#include "lib/list.h"
#include "lib/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTPD_CONNECTIONS 4096
#define HTTPD_IDLE_MS     60000
#define HTTPD_SEND_MS     600000
/* What a connection's request line and headers, and then the head of its
 * reply, share, unless it is said: a URL of some 5 KiB is the longest. */
#define HTTPD_MEMORY   6144
#define HTTPD_BODY_MAX 4096 /* of a request; read and thrown away */

struct httpd;
struct MHD_Connection;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_DELETE, HTTP_OTHER };

enum http_phase {
	HTTP_IDLE,    /* between requests, or reading one's head */
	HTTP_WORKING, /* begin() or finish() is being called */
	HTTP_WAITING, /* for http_ready() */
	HTTP_SENDING,
	HTTP_CLOSING, /* was told to go */
};

/* A connection and the request it carries just now.  Whoever handles requests
 * makes it the first member of a structure of his own. */
struct http_request {
	enum http_method method;
	/* As on the wire, still encoded, without a query; borrowed until the
	 * reply, and only within begin() and finish(). */
	const char *path;
	/* The rest belongs to httpd.c: its thread, `by_ready` its lock. */
	struct httpd *httpd;
	struct MHD_Connection *connection;
	enum http_phase phase;
	int64_t since_ms;         /* when that phase began */
	struct list_node by_time; /* among those of the same phase */
	struct list_node by_ready;
	const char *target; /* with the query */
	size_t target_len;  /* up to a NUL */
	size_t body;        /* bytes thrown away */
	bool headed;        /* the head was seen */
	bool failed;        /* no memory for the reply */
	bool watched;       /* its socket is in our epoll set */
	int fd;
};

/* All of these are called by the server's thread, without any lock. */
struct httpd_ops {
	size_t request_size; /* of the structure around http_request */
	/*
	 * A request: must either call http_reply() before it returns, or see
	 * to it that http_ready() is called once.  What is behind the
	 * http_request is as the connection's last request left it, zeros at
	 * first.
	 */
	void (*begin)(void *owner, struct http_request *r);
	/* After http_ready(): must call http_reply(). */
	void (*finish)(void *owner, struct http_request *r);
	/*
	 * Nobody wants the answer any more: the client hung up or the server
	 * stops.  http_ready() should be called soon, or has been.
	 */
	void (*abandon)(void *owner, struct http_request *r);
	/* Optional: a request that begin() will not see, with what is wrong;
	 * must call http_reply().  NULL: a line of text. */
	void (*refuse)(void *owner, struct http_request *r, int status,
	               const char *text);
};

struct httpd_config {
	const char *listen;       /* listen.h */
	unsigned int connections; /* 0: HTTPD_CONNECTIONS; never more than
				     three quarters of RLIMIT_NOFILE */
	int64_t idle_ms;          /* 0: HTTPD_IDLE_MS */
	size_t memory;            /* of a connection; 0: HTTPD_MEMORY */
	const struct httpd_ops *ops;
	void *owner; /* for the ops */
};

/* Binds and starts the thread.  0, or a negative errno with the reason. */
int httpd_create(struct httpd **out, const struct httpd_config *config,
                 struct reason *why);
/*
 * Ends the thread: waiting requests are abandoned and answered, later ones
 * are refused with 503, connections are closed.  Returns when no request is
 * left, so what the ops use may go then.
 */
void httpd_stop(struct httpd *h);
/* Stops it if nobody has; NULL is fine. */
void httpd_destroy(struct httpd *h);

uint16_t httpd_port(const struct httpd *h);
/* Whether requests wait or replies are being sent.  Any thread. */
bool httpd_busy(struct httpd *h);
/* How often the loop has turned; makes it turn again.  Any thread, never
 * blocks. */
unsigned int httpd_pulse(struct httpd *h);

/* ---- requests ---- */

/* Tells that finish() should be called; any thread, once for a request. */
void http_ready(struct http_request *r);

/* A header's value, NULL if there is none; borrowed until the reply. */
const char *http_request_header(const struct http_request *r, const char *name);

/* A parameter of the query: encoded as on the wire, but for '+', which is a
 * space already.  "" without a value; NULL if there is none; borrowed until the
 * reply. */
const char *http_request_query(const struct http_request *r, const char *name);

/* Does it ask not to be answered from a cache (Cache-Control: no-cache)? */
bool http_wants_refresh(const struct http_request *r);

#define HTTP_REPLY_HEADERS 8

struct http_header {
	const char *name, *value;
};

/* The body is (head, body, tail); to a HEAD only its length is told. */
struct http_reply {
	int status;
	const char *content_type;                       /* NULL: none */
	struct http_header headers[HTTP_REPLY_HEADERS]; /* name NULL: none */
	const void *head, *tail;                        /* copied */
	size_t head_len, tail_len;
	const void *body; /* borrowed until release(held) is called, by any
			     thread, maybe before http_reply() returns */
	size_t body_len;
	void (*release)(void *held); /* NULL: the body is copied too */
	void *held;
};

/* Answers; from begin() or finish(), once.  Without memory the connection is
 * closed instead. */
void http_reply(struct http_request *r, const struct http_reply *reply);
/* A line of text. */
void http_reply_text(struct http_request *r, int status, const char *text);

#endif
