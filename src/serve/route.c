/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Who answers what; api.h has the paths. */
#include "serve/api_priv.h"

#include "lib/percent.h"
#include "node/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_TYPE    "text/plain; charset=utf-8"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

#define NO_SNIFF \
	{ \
		"X-Content-Type-Options", "nosniff" \
	}
#define NO_STORE \
	{ \
		"Cache-Control", "no-store" \
	}

/* ---- replies ---- */

void api_reply_made(struct http_request *r, const char *type, struct buf *text)
{
	struct http_reply reply = {
		.status = 200,
		.content_type = type,
		.headers = { NO_STORE, NO_SNIFF },
		.release = free,
	};

	reply.body = reply.held = text->data;
	reply.body_len = text->len;
	buf_init(text, 0);
	http_reply(r, &reply);
}

static void reply_not_allowed(struct http_request *r, const char *methods)
{
	static const char text[] = "{\"error\":\"method not allowed\"}";

	http_reply(r, &(struct http_reply){
	                      .status = 405,
	                      .content_type = "application/json",
	                      .headers = { { "Allow", methods }, NO_SNIFF },
	                      .head = text,
	                      .head_len = sizeof(text) - 1,
	              });
}

static bool is_get(const struct http_request *r)
{
	return r->method == HTTP_GET || r->method == HTTP_HEAD;
}

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
	                      .content_type = TEXT_TYPE,
	                      .headers = { NO_STORE, NO_SNIFF },
	                      .head = texts[state],
	                      .head_len = strlen(texts[state]),
	              });
}

static void reply_report(struct api *a, struct http_request *r,
                         const char *name, const char *type)
{
	const struct report *report = report_find(name);
	struct buf text;

	if (!report) {
		api_reply_error(r, 404, "no such report");
		return;
	}
	buf_init(&text, REPORT_MAX);
	if (report->print(a->node, &text) == 0) {
		api_reply_made(r, type, &text);
		return;
	}
	buf_release(&text);
	api_reply_error(r, 503, "no memory");
}

static void reply_report_names(struct http_request *r)
{
	struct buf text;
	int err = 0;

	buf_init(&text, REPORT_MAX);
	for (const struct report *p = reports; p->name && !err; p++)
		err = buf_printf(&text, "%s\n", p->name);
	api_reply_made(r, TEXT_TYPE, &text);
}

static void route_report(struct api *a, struct http_request *r,
                         const char *name)
{
	if (!*name)
		reply_report_names(r);
	else
		reply_report(a, r, name,
		             strcmp(name, "metrics") ? TEXT_TYPE
		                                     : METRICS_TYPE);
}

/* The reports that the page shows. */
static int print_shown(struct node *n, struct buf *out)
{
	static const char *const shown[] = { "stats", "peers", "ring" };
	int err = 0;

	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown) && !err; i++) {
		err = report_find(shown[i])->print(n, out);
		if (!err)
			err = buf_puts(out, "\n");
	}
	return err;
}

static void route_page(struct api *a, struct http_request *r)
{
	struct http_reply reply = {
		.status = 200,
		.content_type = "text/html; charset=utf-8",
		.headers = { NO_STORE,
		             { "Content-Security-Policy", a->page.policy },
		             NO_SNIFF },
		.release = free,
	};
	struct buf text, html;
	int err;

	buf_init(&text, REPORT_MAX);
	buf_init(&html, REPORT_MAX);
	err = print_shown(a->node, &text);
	if (!err)
		err = page_print(&a->page, text.data, text.len, &html);
	buf_release(&text);
	if (err) {
		buf_release(&html);
		api_reply_error(r, 503, "no memory");
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
		api_reply_error(r, 400, missing);
	else if (key.len > KEY_MAX)
		api_reply_error(r, 414, "key too long");
	else
		return true;
	return false;
}

static void reply_no_content(struct http_request *r)
{
	http_reply(r, &(struct http_reply){ .status = 204 });
}

/* Takes the group's reference. */
static void route_key(struct api *a, struct http_request *r, struct group *g,
                      struct key key)
{
	struct api_request *p = container_of(r, struct api_request, http);

	if (!key_is_good(r, key, "no key: /v1/GROUP/KEY")) {
		group_unref(g);
	} else if (r->method == HTTP_DELETE) {
		group_invalidate_everywhere(g, key);
		group_unref(g);
		reply_no_content(r);
	} else {
		api_ask(a, p, g, key, &api_raw,
		        http_wants_refresh(r) ? GROUP_REFRESH
		                              : GROUP_HELD_OR_LOAD);
	}
}

/* Takes the group's reference. */
static void route_whole(struct http_request *r, struct group *g)
{
	if (r->method == HTTP_DELETE) {
		group_clear_everywhere(g);
		reply_no_content(r);
	} else {
		reply_not_allowed(r, "DELETE");
	}
	group_unref(g);
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
		api_reply_error(r, 400, "bad percent-encoding");
		return;
	}
	g = node_find_group_named(a->node, place.group);
	if (!g)
		api_reply_error(r, 404, "no such group");
	else if (place.slash)
		route_key(a, r, g, place.key);
	else
		route_whole(r, g);
}

static void route_json(struct api *a, struct http_request *r, const char *path)
{
	struct api_request *p = container_of(r, struct api_request, http);
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
		api_reply_error(r, 400, "bad percent-encoding");
		return;
	}
	g = place.slash ? NULL : node_find_group_named(a->node, place.group);
	if (!g)
		api_reply_error(r, 404,
		                place.slash ? "not found" : "no such group");
	else if (key_is_good(r, key, "no key: /GROUP?key=KEY"))
		api_ask(a, p, g, key, &api_json, GROUP_HELD_OR_LOAD);
	else
		group_unref(g);
}

/* ---- all of it ---- */

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
		reply_report(a, r, "metrics", METRICS_TYPE);
	else if ((name = behind(r->path, "/.dreamfs/")))
		route_report(a, r, name);
	else if (r->path[0] == '/' && strcmp(r->path, "/v1") != 0)
		route_json(a, r, r->path + 1);
	else
		api_reply_error(r, 404, "not found");
}

void api_route(struct api *a, struct http_request *r)
{
	const char *path = behind(r->path, "/v1/");

	if (path)
		route_v1(a, r, path);
	else if (is_get(r))
		route_get(a, r);
	else
		reply_not_allowed(r, "GET, HEAD");
}
