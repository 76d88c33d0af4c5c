/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/reply.h"

#include "lib/json.h"
#include "peer/wire/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 4096

void reply_made(struct http_request *r, const char *type, struct buf *text)
{
	struct http_reply reply = {
		.status = 200,
		.content_type = type,
		.headers = { REPLY_NO_STORE, REPLY_NO_SNIFF },
		.release = free,
	};

	reply.body = reply.held = text->data;
	reply.body_len = text->len;
	buf_init(text, 0);
	http_reply(r, &reply);
}

void reply_done(struct http_request *r)
{
	http_reply(r, &(struct http_reply){ .status = 204 });
}

/* ---- failures ---- */

/* `reply` has the status and the headers. */
static void reply_json(struct http_request *r, struct http_reply *reply,
                       const char *text)
{
	struct buf json;

	buf_init(&json, ERROR_MAX);
	buf_puts(&json, "{\"error\":");
	json_string(&json, text, strlen(text));
	buf_puts(&json, "}");
	reply->content_type = "application/json";
	reply->head = json.data;
	reply->head_len = json.len;
	http_reply(r, reply);
	buf_release(&json);
}

void reply_error(struct http_request *r, int status, const char *text)
{
	reply_json(r,
	           &(struct http_reply){
	                   .status = status,
	                   .headers = { REPLY_NO_STORE, REPLY_NO_SNIFF } },
	           text);
}

void reply_not_allowed(struct http_request *r, const char *methods)
{
	reply_json(r,
	           &(struct http_reply){ .status = 405,
	                                 .headers = { { "Allow", methods },
	                                              REPLY_NO_STORE,
	                                              REPLY_NO_SNIFF } },
	           "method not allowed");
}

void reply_beyond(struct http_request *r, const char *content_range)
{
	reply_json(r,
	           &(struct http_reply){
	                   .status = 416,
	                   .headers = { { "Content-Range", content_range },
	                                REPLY_NO_STORE,
	                                REPLY_NO_SNIFF } },
	           "no such range");
}

void reply_failed(struct ask *a)
{
	const struct failure *f = failure_of(a->err);
	struct group_peek peek = group_peek(a->group, a->key);
	struct reason text;

	/* Who ran out of time does not know why. */
	if (f->err && peek.why.text[0] && a->err != -ENOENT &&
	    a->err != -ETIMEDOUT)
		reason_set(&text, 0, "%s: %s", f->text, peek.why.text);
	else
		reason_set(&text, 0, "%s", f->text);
	group_peek_release(&peek);
	reply_error(&a->http, f->door_status, text.text);
}
