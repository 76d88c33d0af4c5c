/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replies of the front door: called on its thread from begin() or finish(),
 * once for a request.  What they say is for now, so caches are told not to
 * store it, and browsers not to take it for something else than it is.
 */
#ifndef DREAMFS_REPLY_H
#define DREAMFS_REPLY_H

#include "lib/buf.h"
#include "serve/ask.h"

#define REPLY_TEXT "text/plain; charset=utf-8"

/* Elements of http_reply's headers. */
#define REPLY_NO_SNIFF \
	{ \
		"X-Content-Type-Options", "nosniff" \
	}
#define REPLY_NO_STORE \
	{ \
		"Cache-Control", "no-store" \
	}

/* 200 with a text that was made just now; takes it from `text`. */
void reply_made(struct http_request *r, const char *type, struct buf *text);
/* 204 */
void reply_done(struct http_request *r);

/* {"error":"TEXT"} */
void reply_error(struct http_request *r, int status, const char *text);
/* 405, with the methods there are. */
void reply_not_allowed(struct http_request *r, const char *methods);
/* 416, with the value of Content-Range. */
void reply_beyond(struct http_request *r, const char *content_range);
/* What became of a load that failed, and why if that is known: ask_ops.fail. */
void reply_failed(struct ask *a);

/* What a value looks like: raw.c, its bytes with headers that say what is known
 * about them; json.c, {"KEY":"VALUE"}. */
extern const struct ask_ops form_raw, form_json;

#endif
