/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the HTTP server: httpd.c has the loop and the connections,
 * request.c what happens to a request.
 */
#ifndef DREAMFS_HTTPD_PRIV_H
#define DREAMFS_HTTPD_PRIV_H

#include "net/httpd.h"
#include "os/log.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

struct httpd {
	struct httpd_ops ops;
	void *owner;
	int64_t idle_ms;
	unsigned int limit; /* of connections */
	size_t memory;      /* of each */
	uint16_t port;
	int epoll; /* the loop's: daemon, wake, listen, waiting clients */
	int wake;  /* eventfd */
	pthread_t thread;
	bool joined;
	atomic_bool stop;
	atomic_uint busy;  /* working, waiting or sending */
	atomic_uint turns; /* of the loop */
	pthread_mutex_t lock;
	struct list_node ready; /* under lock: for finish() */

	/* The thread's: */
	struct MHD_Daemon *daemon;
	int listen;               /* -1 when stopping */
	int64_t deaf_until_ms;    /* no room to accept till then; 0: there is */
	struct log_limit refused; /* connections that were not accepted */
	unsigned int open;        /* connections */
	int64_t now_ms;           /* when the loop last woke up */
	/* Connections by phase, the longest there first. */
	struct list_node in[HTTP_CLOSING];
};

/* Moves the connection into a phase, and to the end of its list. */
void http_enter(struct http_request *r, enum http_phase phase);

/* libmicrohttpd's callbacks; `cls` is the struct httpd.  The first comes with
 * the request line and says what the others' `context` is: the http_request,
 * NULL if there was no memory for it. */
void *http_target(void *cls, const char *target,
                  struct MHD_Connection *connection);
enum MHD_Result http_handle(void *cls, struct MHD_Connection *connection,
                            const char *url, const char *method,
                            const char *version, const char *upload,
                            size_t *upload_len, void **context);
void http_completed(void *cls, struct MHD_Connection *connection,
                    void **context, enum MHD_RequestTerminationCode why);

/* Makes the loop turn once more; any thread. */
void httpd_wake(struct httpd *h);
/* Has all that are ready finished, and sent. */
void http_resume_ready(struct httpd *h);

#endif
