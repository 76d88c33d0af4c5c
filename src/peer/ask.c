/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a peer for a value, and believing the answer only so far. */
#include "peer/priv.h"

#include "lib/clock.h"
#include "peer/recents.h"
#include "peer/wire/failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FRAME_MAX 1024 /* bytes of a message beside the value */
#define SHOWN_MAX 120  /* bytes of what it says of a failure */

/* One peer_get(). */
struct get {
	struct peer_call call;
	struct peer *peer;
	const struct load *load;
	struct load_result *result;
};

/* The peer is silent: is it there at all? */
static int get_quiet(void *arg)
{
	const struct get *g = arg;

	return peer_probe(g->peer, g->peer->settings.timeout_ms / 2,
	                  g->load->cancel_fd);
}

/* Without a length an answer that was cut off looks like a shorter one; and
 * one that libcurl cannot make sense of it ignores. */
static bool has_length(struct fetch *f, size_t len)
{
	const char *said = fetch_header(f, "content-length", 0);
	char want[24];

	if (fetch_header(f, "transfer-encoding", 0))
		return true;
	snprintf(want, sizeof(want), "%zu", len);
	return said && strcmp(said, want) == 0;
}

/* The value is moved to the front of the body, which becomes the value. */
static int get_take(struct get *g)
{
	struct value_meta meta = { .source = VALUE_FROM_PEER };
	struct load_result *result = g->result;
	struct value *old = g->load->previous;
	struct buf *body = &g->call.reply.body;
	const char *control;
	struct codec_response r;
	int err = g->peer->settings.codec->decode(&r, body->data, body->len);

	if (err || !has_length(g->call.fetch, body->len))
		return reason_set(&result->why, PEER_NO_ANSWER,
		                  "%s: the answer is no GetResponse",
		                  g->peer->url);
	if (r.len > g->load->max_value)
		return reason_set(&result->why, -EFBIG,
		                  "%s: larger than %zu bytes", g->peer->url,
		                  g->load->max_value);
	/* It is fresh as long as the owner says; stale values are stale here,
	 * too, since as long.  What the owner must not give out stale we must
	 * not, either. */
	if (r.has_expire && r.expire_ns == 0)
		result->ttl_ms = TTL_FOREVER;
	else if (r.has_expire && r.expire_ns < 0)
		result->ttl_ms = 0;
	else if (r.has_expire)
		result->ttl_ms = (r.expire_ns - clock_unix_ns()) / 1000000;
	control = fetch_header(g->call.fetch, "cache-control", 0);
	result->must_revalidate =
	        control && strcasecmp(control, CONTROL_MUST_REVALIDATE) == 0;
	if (old && old->size == r.len &&
	    (r.len == 0 || memcmp(old->bytes, r.value, r.len) == 0)) {
		result->value = value_ref(old);
		return 0;
	}
	if (r.len)
		memmove(body->data, r.value, r.len);
	body->len = r.len;
	result->value = value_create(body, &meta);
	return result->value ? 0 : -ENOMEM;
}

/* What a peer of our kind says of a failure; else it is just one. */
static int get_refused(struct get *g)
{
	const struct fetch_reply *reply = &g->call.reply;
	const struct failure *f =
	        failure_named(fetch_header(g->call.fetch, HEADER_ERRNO, 0));
	const char *text = reply->body.data;
	size_t len = reply->body.len < SHOWN_MAX ? reply->body.len : SHOWN_MAX;

	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	return reason_set(&g->result->why, f->of_key ? f->err : PEER_NO_ANSWER,
	                  "%s: HTTP %ld%s%.*s", g->peer->url, reply->status,
	                  len ? ": " : "", (int)len, len ? text : "");
}

/* What a peer of our kind should know beside the key; others ignore it. */
static struct curl_slist *get_headers(const struct load *load)
{
	struct curl_slist *headers = NULL;
	char age[64];

	if (load->refresh)
		headers = curl_slist_append(NULL, "Cache-Control: no-cache");
	if (load->invalidated_ms != RECENTS_NONE) {
		snprintf(age, sizeof(age), HEADER_INVALIDATED ": %lld",
		         (long long)load->invalidated_ms);
		headers = curl_slist_append(headers, age);
	}
	return headers;
}

int peer_get(struct peer *p, const struct load *load,
             struct load_result *result)
{
	struct get g = { .peer = p, .load = load, .result = result };
	struct fetch_request request = {
		.headers = get_headers(load),
		.max_body = load->max_value + FRAME_MAX,
		.cancel_fd = load->cancel_fd,
		.quiet_ms = (p->settings.timeout_ms + 1) / 2,
		.quiet = get_quiet,
		.quiet_arg = &g,
	};
	int64_t start = clock_now_us();
	int err = peer_call(p, &g.call, p->settings.dialect, load->group,
	                    load->key, &request);

	*result = (struct load_result){ .ttl_ms = TTL_DEFAULT };
	if (err) {
		/* Too many bytes may be a value that is too large, or no value
		 * at all: our getter will know. */
		result->why = g.call.reply.why;
		if (err != -ECANCELED && err != -EFBIG && err != -ENOMEM)
			peer_note(p,
			          g.call.reply.silent ? HEALTH_SILENT
			                              : HEALTH_FAILED,
			          false);
		if (err != -ECANCELED)
			err = PEER_NO_ANSWER;
	} else if (g.call.reply.status == HTTP_OK) {
		err = get_take(&g);
		peer_note(p, err == PEER_NO_ANSWER ? HEALTH_FAILED : HEALTH_OK,
		          false);
	} else {
		err = get_refused(&g);
		peer_note(p, HEALTH_OK, false);
	}
	peer_call_end(&g.call);
	curl_slist_free_all(request.headers);
	if (err != -ECANCELED)
		histogram_add(&p->took, clock_now_us() - start);
	return err;
}
