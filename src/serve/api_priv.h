/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the front door: api.c has its life and the way of a value's
 * request, api_route.c who answers what, api_raw.c and api_json.c what a value
 * looks like.
 */
#ifndef DREAMFS_API_PRIV_H
#define DREAMFS_API_PRIV_H

#include "net/httpd.h"
#include "serve/api.h"
#include "serve/page.h"

#include <stdatomic.h>

/* A connection's: room for a key of some 12 KiB, and for the headers that
 * browsers and proxies send. */
#define API_MEMORY 16384

enum api_state { API_STARTING, API_SERVING, API_DRAINING };

struct api {
	struct httpd *httpd;
	struct node *node;
	struct page page;
	_Atomic enum api_state state;
};

struct api_request;

/* What a value is made into. */
struct api_form {
	/* Is there so much to make that it would keep others waiting? */
	bool (*is_long)(const struct api_request *p);
	/* Makes it, on any thread, of p->key and p->value. */
	void (*make)(struct api_request *p);
	/* Answers with it; takes the value's reference. */
	void (*reply)(struct api_request *p);
};

extern const struct api_form api_raw, api_json;

enum api_turn { API_ASKING, API_LEFT, API_ANSWERED };

/* A request for a value; server.c has a drawing of the turns. */
struct api_request {
	struct http_request http; /* first */
	const struct api *api;
	const struct api_form *form;
	struct waiter waiter;
	struct job job;      /* makes what is long */
	struct group *group; /* a reference, until the reply */
	struct key key;      /* owned, until the reply */
	_Atomic enum api_turn turn;
	/* The answer. */
	int err;
	struct value *value; /* a reference */
	int64_t fresh_ms;
	char *made; /* owned; the form's */
	size_t made_len;
};

/* A request's head is complete. */
void api_route(struct api *a, struct http_request *r);

/* Asks for the value and answers in time.  Takes the group's reference. */
void api_ask(struct api *a, struct api_request *p, struct group *g,
             struct key key, const struct api_form *form, unsigned int want);

/* {"error":"TEXT"} */
void api_reply_error(struct http_request *r, int status, const char *text);
/* Text that was made just now; takes it from `text`. */
void api_reply_made(struct http_request *r, const char *type, struct buf *text);

#endif
