/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/peers.h"

#include "lib/clock.h"
#include "lib/units.h"
#include "peer/recents.h"
#include "peer/wire/failure.h"
#include "peer/wire/url.h"
#include "serve/ask.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct server {
	struct httpd *httpd;
	struct node *node;
	struct peers *peers;
	const struct dialect *dialect;
	const struct codec_ops *codec;
	atomic_bool draining;
};

struct peer_request {
	struct ask ask; /* first */
	const struct dialect *dialect;
	const struct codec_ops *codec;
};

/* ---- replies ---- */

static void reply_empty(struct http_request *r)
{
	http_reply(r, &(struct http_reply){ .status = 200 });
}

/* A line of text, and a header if it has a value. */
static void reply_line(struct http_request *r, int status, const char *text,
                       const char *name, const char *value)
{
	http_reply(r, &(struct http_reply){
	                      .status = status,
	                      .content_type = "text/plain; charset=utf-8",
	                      .headers = { { value ? name : NULL, value } },
	                      .head = text,
	                      .head_len = strlen(text),
	                      .tail = "\n",
	                      .tail_len = 1,
	              });
}

static void refuse_method(struct http_request *r, const char *methods)
{
	reply_line(r, 405, "method not allowed", "Allow", methods);
}

static void reply_no_group(struct http_request *r, const struct peerurl *url)
{
	const char *text = url->dialect->no_group_text;
	struct buf line;

	buf_init(&line, HTTPD_MEMORY);
	buf_printf(&line, "%s: ", text);
	buf_append(&line, url->group.data, url->group.len);
	if (buf_end(&line) == 0)
		text = line.data;
	http_reply_text(r, url->dialect->no_group, text);
	buf_release(&line);
}

static void reply_errno(struct http_request *r, int err)
{
	const struct failure *f = failure_of(err);

	reply_line(r, f->peer_status, f->text, HEADER_ERRNO, f->name);
}

static void request_reply(struct ask *a)
{
	struct peer_request *p = container_of(a, struct peer_request, ask);
	struct codec_response r = { .len = a->value->size };
	struct codec_frame frame;

	if (a->fresh_ms != CLOCK_NEVER) {
		r.has_expire = true;
		r.expire_ns = clock_unix_ns() +
		              (a->fresh_ms - clock_now_ms()) * 1000000;
	}
	if (p->codec->encode(&frame, &r, p->dialect) < 0) {
		value_unref(a->value);
		reply_errno(&a->http, -EFBIG);
		return;
	}
	http_reply(&a->http,
	           &(struct http_reply){
	                   .status = 200,
	                   .content_type = p->dialect->content_type,
	                   .headers = { { a->must_revalidate ? "Cache-Control"
	                                                     : NULL,
	                                  CONTROL_MUST_REVALIDATE } },
	                   .head = frame.head,
	                   .head_len = frame.head_len,
	                   .body = a->value->bytes,
	                   .body_len = a->value->size,
	                   .tail = frame.tail,
	                   .tail_len = frame.tail_len,
	                   .release = ask_release_value,
	                   .held = a->value,
	           });
}

static void request_fail(struct ask *a)
{
	reply_errno(&a->http, a->err);
}

static const struct ask_ops request_ops = {
	.reply = request_reply,
	.fail = request_fail,
};

/* ---- routing ---- */

/* Takes the group's reference. */
static void route_value(struct server *s, struct http_request *r,
                        struct group *g, const struct peerurl *url)
{
	struct ask *a = ask_of(r);
	struct peer_request *p = container_of(a, struct peer_request, ask);
	const char *age = http_request_header(r, HEADER_INVALIDATED);
	unsigned int want = GROUP_FOR_PEER;
	uint64_t age_ms;

	if (http_wants_refresh(r))
		want |= GROUP_REFRESH;
	if (age && number_parse(age, 10, RECENTS_MS, &age_ms) == 0)
		group_invalidate_ago(g, url->key, (int64_t)age_ms);
	p->dialect = url->dialect;
	p->codec = url->dialect->codecs ? s->codec : codec_find("protobuf");
	ask_start(a, s->node, g, url->key, want, &request_ops);
}

static void route_heartbeat(const struct server *s, struct http_request *r)
{
	if (r->method != HTTP_GET && r->method != HTTP_HEAD)
		refuse_method(r, "GET, HEAD");
	else if (atomic_load(&s->draining))
		http_reply_text(r, 503, "draining");
	else
		reply_empty(r);
}

static void route_key(struct server *s, struct http_request *r,
                      const struct peerurl *url)
{
	struct group *g = node_find_group_named(s->node, url->group);
	const char *scope;

	if (!g && peerurl_is_heartbeat(url->group, url->key)) {
		route_heartbeat(s, r);
		return;
	}
	if (r->method == HTTP_OTHER) {
		refuse_method(r, "GET, HEAD, DELETE");
	} else if (!g) {
		reply_no_group(r, url);
	} else if (r->method == HTTP_DELETE) {
		scope = http_request_header(r, HEADER_SCOPE);
		if (scope && strcasecmp(scope, SCOPE_GROUP) == 0 &&
		    !url->key.len)
			group_clear(g);
		else
			group_invalidate(g, url->key);
		reply_empty(r);
	} else {
		route_value(s, r, g, url);
		return;
	}
	group_unref(g);
}

static void server_begin(void *owner, struct http_request *r)
{
	struct server *s = owner;
	struct ring *ring = s->peers ? peers_ring(s->peers) : NULL;
	size_t len = strlen(r->path);
	char room[HTTPD_MEMORY];
	struct peerurl url;
	int err = -ENAMETOOLONG;

	if (len <= sizeof(room))
		err = peerurl_parse(&url, ring ? ring->self_path : "", r->path,
		                    len, room);
	ring_unref(ring);
	if (err == -ENOENT)
		http_reply_text(r, s->dialect->no_group, "not found");
	else if (err == -ENAMETOOLONG)
		http_reply_text(r, 414, "key too long");
	else if (err)
		http_reply_text(r, 400, "bad request");
	else if (url.kind == PEERURL_HEARTBEAT)
		route_heartbeat(s, r);
	else
		route_key(s, r, &url);
}

/* ---- life ---- */

static const struct httpd_ops server_ops = {
	.request_size = sizeof(struct peer_request),
	.begin = server_begin,
	.finish = ask_finish,
	.abandon = ask_abandon,
};

int server_create(struct server **out, struct node *node,
                  const struct server_config *config, struct reason *why)
{
	struct server *s = calloc(1, sizeof(*s));
	struct httpd_config httpd = {
		.listen = config->listen,
		.connections = config->connections,
		.idle_ms = config->idle_ms,
		.ops = &server_ops,
		.owner = s,
	};
	int err;

	if (!s)
		return reason_set(why, -ENOMEM, "cannot listen: no memory");
	s->node = node;
	s->peers = config->peers;
	s->dialect = config->dialect ? config->dialect : &dialect_groupcache;
	s->codec = config->codec ? config->codec : codec_find("protobuf");
	err = httpd_create(&s->httpd, &httpd, why);
	if (err) {
		free(s);
		return err;
	}
	*out = s;
	return 0;
}

void server_drain(struct server *s)
{
	atomic_store(&s->draining, true);
}

struct httpd *server_httpd(struct server *s)
{
	return s->httpd;
}

void server_destroy(struct server *s)
{
	if (!s)
		return;
	httpd_destroy(s->httpd);
	free(s);
}
