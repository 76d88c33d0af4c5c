/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a value, as they are held: nothing is copied that is large.
 *
 *     ETag           the origin's, if it is a strong one; else the SHA-256, so
 *                    the same on every node that has the same bytes
 *     Last-Modified  as the file's mtime: the origin's, or when it was loaded
 *     Age            since it was loaded here
 *     Cache-Control  max-age, which counts from then on: Age and the time that
 *                    it is still fresh; or no-cache for a stale value and one
 *                    that never expires, which may be invalidated any time
 *     Range, If-*    range.h, conditional.h
 */
#include "lib/clock.h"
#include "net/date.h"
#include "serve/conditional.h"
#include "serve/range.h"
#include "serve/reply.h"

#include <stdio.h>
#include <string.h>

#define LONG_VALUE 65536 /* bytes; some 0.1 ms to hash */
#define ETAG_MAX   256   /* longer ones are not passed on */

/* The texts of a reply's headers. */
struct raw_head {
	struct range range;
	char etag[ETAG_MAX];
	char modified[HTTP_DATE_MAX];
	char control[48], age[24], content_range[80];
};

static bool has_own_etag(const struct value *v)
{
	return v->etag && strlen(v->etag) < ETAG_MAX && etag_is_strong(v->etag);
}

static bool raw_is_long(const struct ask *a)
{
	struct value *v = a->value;

	return v->size > LONG_VALUE && !has_own_etag(v) &&
	       !atomic_load(&v->sha256);
}

/* The value remembers it. */
static void raw_make(struct ask *a)
{
	value_sha256(a->value);
}

/* ---- headers ---- */

static bool head_etag(struct raw_head *h, struct value *v)
{
	const char *hex;

	if (has_own_etag(v)) {
		snprintf(h->etag, sizeof(h->etag), "%s", v->etag);
		return true;
	}
	hex = value_sha256(v);
	if (hex)
		snprintf(h->etag, sizeof(h->etag), "\"%s\"", hex);
	return hex;
}

static void head_freshness(struct raw_head *h, const struct ask *a)
{
	int64_t age = clock_unix_ns() / CLOCK_NS_PER_S -
	              a->value->loaded_ns / CLOCK_NS_PER_S;
	int64_t left = a->fresh_ms - clock_now_ms(), lifetime;

	if (age < 0) /* clocks go back sometimes */
		age = 0;
	lifetime = age + left / 1000;
	snprintf(h->age, sizeof(h->age), "%lld", (long long)age);
	if (a->fresh_ms == CLOCK_NEVER || left <= 0)
		snprintf(h->control, sizeof(h->control), "no-cache");
	else
		snprintf(h->control, sizeof(h->control), "max-age=%lld",
		         (long long)lifetime);
}

static void head_content_range(struct raw_head *h, size_t size)
{
	if (h->range.kind == RANGE_BEYOND)
		snprintf(h->content_range, sizeof(h->content_range),
		         "bytes */%zu", size);
	else
		snprintf(h->content_range, sizeof(h->content_range),
		         "bytes %zu-%zu/%zu", h->range.from,
		         h->range.from + h->range.len - 1, size);
}

/* ---- the reply ---- */

static int raw_status(const struct http_request *r, struct raw_head *h,
                      const struct value *v)
{
	struct conditions c = {
		.match = http_request_header(r, "If-Match"),
		.unmodified_since =
		        http_request_header(r, "If-Unmodified-Since"),
		.none_match = http_request_header(r, "If-None-Match"),
		.modified_since = http_request_header(r, "If-Modified-Since"),
	};
	const char *range = http_request_header(r, "Range");
	int64_t modified = v->mtime_ns / CLOCK_NS_PER_S;
	int status = conditions_check(&c, h->etag, modified);

	h->range = (struct range){ RANGE_WHOLE, 0, v->size };
	if (status != 200)
		return status;
	if (r->method == HTTP_GET &&
	    if_range_holds(http_request_header(r, "If-Range"), h->etag))
		h->range = range_parse(range, v->size);
	return h->range.kind == RANGE_PART     ? 206
	       : h->range.kind == RANGE_BEYOND ? 416
	                                       : 200;
}

static void raw_send(struct ask *a, struct raw_head *h, int status)
{
	struct value *v = a->value;
	bool dated =
	        http_date_format(v->mtime_ns / CLOCK_NS_PER_S, h->modified);
	struct http_reply y = {
		.status = status,
		.headers = { { "ETag", h->etag },
		             { dated ? "Last-Modified" : NULL, h->modified },
		             { "Age", h->age },
		             { "Cache-Control", h->control },
		             REPLY_NO_SNIFF },
		.release = ask_release_value,
		.held = v,
	};

	if (status != 304) {
		y.content_type = "application/octet-stream";
		y.headers[5] = (struct http_header){ "Accept-Ranges", "bytes" };
		y.body = h->range.len ? v->bytes + h->range.from : NULL;
		y.body_len = h->range.len;
	}
	if (status == 206) {
		head_content_range(h, v->size);
		y.headers[6] = (struct http_header){ "Content-Range",
			                             h->content_range };
	}
	http_reply(&a->http, &y);
}

static void raw_fail(struct ask *a, int status, const char *text)
{
	value_unref(a->value);
	reply_error(&a->http, status, text);
}

static void raw_reply(struct ask *a)
{
	struct raw_head h;
	int status;

	if (!head_etag(&h, a->value)) {
		raw_fail(a, 503, "no memory");
		return;
	}
	head_freshness(&h, a);
	status = raw_status(&a->http, &h, a->value);
	if (status == 412) {
		raw_fail(a, 412, "precondition failed");
	} else if (status == 416) {
		head_content_range(&h, a->value->size);
		value_unref(a->value);
		reply_beyond(&a->http, h.content_range);
	} else {
		raw_send(a, &h, status);
	}
}

const struct ask_ops form_raw = {
	.is_long = raw_is_long,
	.make = raw_make,
	.reply = raw_reply,
	.fail = reply_failed,
};
