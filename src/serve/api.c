/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The front door's life, and who answers which path. */
#include "serve/api.h"

#include "node/report.h"
#include "serve/page.h"
#include "serve/reply.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A connection's: room for a key of some 12 KiB, and for the headers that
 * browsers and proxies send. */
#define API_MEMORY 16384

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum api_state { API_STARTING, API_SERVING, API_DRAINING };

struct api {
	struct httpd *httpd;
	struct node *node;
	struct page page;
	_Atomic enum api_state state;
};

/* ---- pages ---- */

static void route_health(struct api *a, struct http_request *r)
{
	static const char *const texts[] = {
		[API_STARTING] = "starting\n",
		[API_SERVING] = "ok\n",
		[API_DRAINING] = "draining\n",
	};
	enum api_state state = atomic_load(&a->state);

	http_reply(r, &(struct http_reply){
	                      .status = state == API_SERVING ? 200 : 503,
	                      .content_type = REPLY_TEXT,
	                      .headers = { REPLY_NO_STORE, REPLY_NO_SNIFF },
	                      .head = texts[state],
	                      .head_len = strlen(texts[state]),
	              });
}

/* A report by its name, or with "" all names. */
static void route_report(struct api *a, struct http_request *r,
                         const char *name)
{
	const struct report *report = *name ? report_find(name) : NULL;
	bool metrics = strcmp(name, "metrics") == 0;
	struct buf text;

	if (*name && !report) {
		reply_error(r, 404, "no such report");
		return;
	}
	buf_init(&text, REPORT_MAX);
	for (const struct report *p = reports; !report && p->name; p++)
		buf_printf(&text, "%s\n", p->name);
	if (!report || report->print(a->node, &text) == 0) {
		reply_made(r, metrics ? METRICS_TYPE : REPLY_TEXT, &text);
		return;
	}
	buf_release(&text);
	reply_error(r, 503, "no memory");
}

static void route_page(struct api *a, struct http_request *r)
{
	static const char *const shown[] = { "stats", "peers", "ring" };
	struct http_reply reply = {
		.status = 200,
		.content_type = "text/html; charset=utf-8",
		.headers = { REPLY_NO_STORE,
		             { "Content-Security-Policy", a->page.policy },
		             REPLY_NO_SNIFF },
		.release = free,
	};
	struct buf text, html;
	int err = 0;

	buf_init(&text, REPORT_MAX);
	buf_init(&html, REPORT_MAX);
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown) && !err; i++) {
		err = report_find(shown[i])->print(a->node, &text);
		buf_puts(&text, "\n");
	}
	if (!err)
		err = text.err;
	if (!err)
		err = page_print(&a->page, text.data, text.len, &html);
	buf_release(&text);
	if (err) {
		buf_release(&html);
		reply_error(r, 503, "no memory");
		return;
	}
	reply.body = reply.held = buf_steal(&html, &reply.body_len);
	http_reply(r, &reply);
}

/* ---- values ---- */

/* A group and, behind the slash if there is one, a key. */
struct place {
	struct key group, key;
	bool slash;
};

/* `room` has strlen(path) bytes.  0 or -EINVAL. */
static int place_parse(struct place *out, const char *path, char *room)
{
	size_t group = strcspn(path, "/");
	size_t left = strlen(path) - group;
	int err = key_decode(&out->group, path, group, false, room);

	out->slash = left > 0;
	out->key = key_of(room + group, 0);
	if (err || left <= 1)
		return err;
	return key_decode(&out->key, path + group + 1, left - 1, false,
	                  room + group);
}

/* True if there is a key that can be asked for; else that was said. */
static bool key_is_good(struct http_request *r, struct key key,
                        const char *missing)
{
	if (key.len == 0)
		reply_error(r, 400, missing);
	else if (key.len > KEY_MAX)
		reply_error(r, 414, "key too long");
	else
		return true;
	return false;
}

static void route_v1(struct api *a, struct http_request *r, const char *path)
{
	char room[API_MEMORY];
	struct place place;
	struct group *g;

	if (r->method == HTTP_OTHER) {
		reply_not_allowed(r, "GET, HEAD, DELETE");
		return;
	}
	if (strlen(path) > sizeof(room) || place_parse(&place, path, room)) {
		reply_error(r, 400, "bad percent-encoding");
		return;
	}
	g = node_find_group_named(a->node, place.group);
	if (!g) {
		reply_error(r, 404, "no such group");
	} else if (!place.slash && r->method == HTTP_DELETE) {
		group_clear_everywhere(g);
		reply_done(r);
	} else if (!place.slash) {
		reply_not_allowed(r, "DELETE");
	} else if (!key_is_good(r, place.key, "no key: /v1/GROUP/KEY")) {
		/* That was said. */
	} else if (r->method == HTTP_DELETE) {
		group_invalidate_everywhere(g, place.key);
		reply_done(r);
	} else {
		ask_start(ask_of(r), a->node, g, place.key,
		          http_wants_refresh(r) ? GROUP_REFRESH
		                                : GROUP_HELD_OR_LOAD,
		          &form_raw);
		return;
	}
	group_unref(g);
}

static void route_json(struct api *a, struct http_request *r, const char *path)
{
	const char *raw = http_request_query(r, "key");
	char room[API_MEMORY];
	struct place place;
	struct group *g;
	struct key key = key_of(NULL, 0);
	int err = -EINVAL;

	if (strlen(path) + (raw ? strlen(raw) : 0) <= sizeof(room))
		err = place_parse(&place, path, room);
	if (!err && raw)
		err = key_decode(&key, raw, strlen(raw), false,
		                 room + strlen(path));
	if (err) {
		reply_error(r, 400, "bad percent-encoding");
		return;
	}
	g = place.slash ? NULL : node_find_group_named(a->node, place.group);
	if (!g)
		reply_error(r, 404,
		            place.slash ? "not found" : "no such group");
	else if (key_is_good(r, key, "no key: /GROUP?key=KEY"))
		ask_start(ask_of(r), a->node, g, key, GROUP_HELD_OR_LOAD,
		          &form_json);
	else
		group_unref(g);
}

/* ---- paths ---- */

/* What follows `prefix`, or NULL. */
static const char *behind(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 ? path + n : NULL;
}

static void route_get(struct api *a, struct http_request *r)
{
	const char *name;

	if (strcmp(r->path, "/") == 0)
		route_page(a, r);
	else if (strcmp(r->path, "/healthz") == 0)
		route_health(a, r);
	else if (strcmp(r->path, "/metrics") == 0)
		route_report(a, r, "metrics");
	else if ((name = behind(r->path, "/.dreamfs/")))
		route_report(a, r, name);
	else if (r->path[0] == '/' && strcmp(r->path, "/v1") != 0)
		route_json(a, r, r->path + 1);
	else
		reply_error(r, 404, "not found");
}

static void api_begin(void *owner, struct http_request *r)
{
	struct api *a = owner;
	const char *path = behind(r->path, "/v1/");

	if (path)
		route_v1(a, r, path);
	else if (r->method == HTTP_GET || r->method == HTTP_HEAD)
		route_get(a, r);
	else
		reply_not_allowed(r, "GET, HEAD");
}

/* ---- life ---- */

static void api_refuse(void *owner, struct http_request *r, int status,
                       const char *text)
{
	(void)owner;
	reply_error(r, status, text);
}

static const struct httpd_ops api_ops = {
	.request_size = sizeof(struct ask),
	.begin = api_begin,
	.finish = ask_finish,
	.abandon = ask_abandon,
	.refuse = api_refuse,
};

int api_create(struct api **out, struct node *node,
               const struct api_config *config, struct reason *why)
{
	struct api *a = calloc(1, sizeof(*a));
	struct httpd_config httpd = {
		.listen = config->listen,
		.connections = config->connections,
		.idle_ms = config->idle_ms,
		.memory = API_MEMORY,
		.ops = &api_ops,
		.owner = a,
	};
	int err;

	if (!a || page_init(&a->page) < 0) {
		free(a);
		return reason_set(why, -ENOMEM, "cannot listen: no memory");
	}
	a->node = node;
	err = httpd_create(&a->httpd, &httpd, why);
	if (err) {
		free(a);
		return err;
	}
	*out = a;
	return 0;
}

void api_serve(struct api *a)
{
	enum api_state starting = API_STARTING;

	atomic_compare_exchange_strong(&a->state, &starting, API_SERVING);
}

void api_drain(struct api *a)
{
	atomic_store(&a->state, API_DRAINING);
}

struct httpd *api_httpd(struct api *a)
{
	return a->httpd;
}

void api_destroy(struct api *a)
{
	if (!a)
		return;
	httpd_destroy(a->httpd);
	free(a);
}
