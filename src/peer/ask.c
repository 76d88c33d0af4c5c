/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a peer for a value, and believing the answer only so far. */
#include "peer/priv.h"

#include "lib/clock.h"
#include "peer/recents.h"
#include "peer/wire/failure.h"
#include "peer/wire/header.h"
#include "peer/wire/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define FRAME_MAX 1024 /* bytes of a message beside the value */
#define SHOWN_MAX 120  /* bytes of what it says of a failure */

struct ask {
	struct peer *peer;
	const struct load *load;
};

/* The peer is silent: is it there at all? */
static int ask_quiet(void *arg)
{
	const struct ask *a = arg;

	return peer_probe(a->peer, a->peer->settings.timeout_ms / 2,
	                  a->load->cancel_fd);
}

static int64_t unix_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* How long it is fresh, as the owner says; stale values are stale here, too,
 * since as long. */
static int64_t ttl_of(const struct codec_response *r)
{
	if (!r->has_expire)
		return TTL_DEFAULT;
	if (r->expire_ns == 0)
		return TTL_FOREVER;
	if (r->expire_ns < 0)
		return 0;
	return (r->expire_ns - unix_now_ns()) / 1000000;
}

/* What the owner must not give out stale we must not, either. */
static bool must_revalidate(struct fetch *f)
{
	const char *control = fetch_header(f, "cache-control", 0);

	return control && strcasecmp(control, CONTROL_MUST_REVALIDATE) == 0;
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
static int ask_take(const struct ask *a, struct fetch *f, struct buf *body,
                    struct load_result *result)
{
	struct value_meta meta = { .source = VALUE_FROM_PEER };
	struct value *old = a->load->previous;
	struct codec_response r;
	int err = a->peer->settings.codec->decode(&r, body->data, body->len);

	if (err || !has_length(f, body->len))
		return reason_set(&result->why, PEER_NO_ANSWER,
		                  "%s: the answer is no GetResponse",
		                  a->peer->url);
	if (r.len > a->load->max_value)
		return reason_set(&result->why, -EFBIG,
		                  "%s: larger than %zu bytes", a->peer->url,
		                  a->load->max_value);
	result->ttl_ms = ttl_of(&r);
	result->must_revalidate = must_revalidate(f);
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
static int ask_errno(struct fetch *f)
{
	const struct failure *said =
	        failure_named(fetch_header(f, HEADER_ERRNO, 0));

	return said->of_key ? said->err : PEER_NO_ANSWER;
}

static int ask_failed(struct ask *a, struct fetch *f, struct fetch_reply *reply,
                      struct load_result *result)
{
	const char *text = reply->body.data;
	size_t len = reply->body.len < SHOWN_MAX ? reply->body.len : SHOWN_MAX;
	int err = ask_errno(f);

	peer_note(a->peer, HEALTH_OK, false);
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	return reason_set(&result->why, err, "%s: HTTP %ld%s%.*s", a->peer->url,
	                  reply->status, len ? ": " : "", (int)len,
	                  len ? text : "");
}

/* What a peer of our kind should know beside the key; others ignore it. */
static struct curl_slist *ask_headers(const struct load *load)
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

static int ask_run(struct ask *a, struct fetch *f, const char *url,
                   struct load_result *result)
{
	struct curl_slist *headers = ask_headers(a->load);
	struct fetch_request request = {
		.url = url,
		.headers = headers,
		.max_body = a->load->max_value + FRAME_MAX,
		.cancel_fd = a->load->cancel_fd,
		.quiet_ms = (a->peer->settings.timeout_ms + 1) / 2,
		.quiet = ask_quiet,
		.quiet_arg = a,
	};
	struct fetch_reply reply;
	int err = fetch_run(f, &request, &reply);

	if (!err && reply.status == 200) {
		err = ask_take(a, f, &reply.body, result);
		peer_note(a->peer,
		          err == PEER_NO_ANSWER ? HEALTH_FAILED : HEALTH_OK,
		          false);
	} else if (!err) {
		err = ask_failed(a, f, &reply, result);
	} else if (err == -ECANCELED) {
		result->why = reply.why;
	} else {
		/* Too many bytes may be a value that is too large, or no
		 * value at all: our getter will know. */
		if (err != -EFBIG)
			peer_note(a->peer,
			          reply.silent ? HEALTH_SILENT : HEALTH_FAILED,
			          false);
		result->why = reply.why;
		err = PEER_NO_ANSWER;
	}
	fetch_reply_release(&reply);
	curl_slist_free_all(headers);
	return err;
}

int peer_get(struct peer *p, const struct load *load,
             struct load_result *result)
{
	struct ask a = { p, load };
	struct fetch *f = fetch_begin(p->pool);
	int64_t start = clock_now_us();
	struct buf url;
	int err = f ? 0 : -ENOMEM;

	*result = (struct load_result){ .ttl_ms = TTL_DEFAULT };
	buf_init(&url, PEER_URL_MAX);
	if (!err)
		err = buf_puts(&url, p->url);
	if (!err)
		err = peerurl_format(&url, p->settings.dialect, load->group,
		                     load->key);
	if (!err)
		err = buf_append(&url, "", 1);
	if (!err)
		err = ask_run(&a, f, url.data, result);
	else
		err = reason_set(&result->why, PEER_NO_ANSWER, "%s: %s", p->url,
		                 strerror(-err));
	if (f)
		fetch_end(f);
	buf_release(&url);
	if (err != -ECANCELED)
		histogram_add(&p->took, clock_now_us() - start);
	return err;
}
