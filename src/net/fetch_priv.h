/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What fetch.c (transfers) and handle.c (handles) share. */
#ifndef DREAMFS_FETCH_PRIV_H
#define DREAMFS_FETCH_PRIV_H

#include "net/fetch.h"

#include <pthread.h>

struct fetch_pool {
	CURL *model; /* under the lock */
	pthread_mutex_t lock;
	struct fetch *idle; /* under the lock; the last one given back first */
	bool proxied;       /* plain HTTP may go through a proxy */
};

struct fetch {
	struct fetch_pool *pool;
	struct fetch *next; /* in pool->idle */
	CURL *easy;
	CURLM *multi;
	char error[CURL_ERROR_SIZE];
	/* Of the running request: */
	const struct fetch_request *request;
	struct fetch_reply *reply;
	char asked[FETCH_LABEL_MAX]; /* its URL, for people */
	bool http;
	bool stale;     /* it failed on an old connection, unheard */
	bool headed;    /* its headers came to their end */
	size_t drained; /* bytes of an error's body that were read */
	int stopped;    /* the errno for which the body was refused */
};

#define SET CURLBASE_SET

/* libcurl's callbacks; ctx is the struct fetch. */
size_t fetch_on_body(char *data, size_t size, size_t count, void *ctx);
size_t fetch_on_header(char *line, size_t size, size_t count, void *ctx);

#endif
