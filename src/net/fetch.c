/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers: one request on one handle. */
#include "net/fetch_priv.h"

#include "lib/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS     1000
#define TRUST_BYTES (64u << 20) /* of memory on a Content-Length's word */
#define DRAIN_BYTES 65536       /* of an error's body, to keep the connection */

/* Since when nothing came. */
struct quiet {
	curl_off_t progress; /* of the last byte */
	int64_t until;       /* then it has been too long */
};

char *fetch_label(const char *url, char out[FETCH_LABEL_MAX])
{
	const char *host = strstr(url, "://");
	size_t scheme = host ? (size_t)(host + 3 - url) : 0;
	size_t user, path;

	host = url + scheme;
	for (user = strcspn(host, "/?#"); user && host[user - 1] != '@';)
		user--;
	host += user;
	path = strcspn(host, "?#");
	snprintf(out, FETCH_LABEL_MAX, "%.*s%.*s", (int)scheme, url, (int)path,
	         host);
	return out;
}

bool fetch_has_scheme(const char *scheme)
{
	const char *const *have = curl_version_info(CURLVERSION_NOW)->protocols;

	for (; *have; have++)
		if (strcmp(*have, scheme) == 0)
			return true;
	return false;
}

/* Memory for a body whose length was announced, as far as one may believe
 * it: a length is only a claim. */
static int reserve_body(struct fetch *f)
{
	curl_off_t length = -1;
	size_t want;

	curl_easy_getinfo(f->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length < 0)
		return 0;
	if ((uint64_t)length > f->request->max_body)
		return -EFBIG;
	want = (uint64_t)length < TRUST_BYTES ? (size_t)length : TRUST_BYTES;
	return buf_reserve(&f->reply->body, want);
}

size_t fetch_on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct fetch *f = ctx;
	struct buf *body = &f->reply->body;
	size_t n = size * count;
	long status = 0;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	if (f->http && status != 200) {
		size_t room = FETCH_TEXT_MAX - body->len;

		/* Not a value: its beginning is kept, for the message. */
		f->drained += n;
		if (buf_append(body, data, n < room ? n : room) < 0)
			f->stopped = -ENOMEM;
		/* Refusing the rest ends the transfer and closes the
		 * connection. */
		return f->stopped || f->drained > DRAIN_BYTES ? 0 : n;
	}
	if (body->len == 0) {
		body->max = f->request->max_body;
		f->stopped = reserve_body(f);
	}
	if (!f->stopped)
		f->stopped = buf_append(body, data, n);
	return f->stopped ? 0 : n;
}

/* libcurl takes a connection that is closed within the headers for the end of
 * an empty body; only the empty line tells.  Trailers come here, too. */
size_t fetch_on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct fetch *f = ctx;

	(void)size;
	if (count >= 5 && memcmp(line, "HTTP/", 5) == 0)
		f->headed = false;
	else if (count && (*line == '\r' || *line == '\n'))
		f->headed = true;
	return count;
}

const char *fetch_header(struct fetch *f, const char *name, size_t index)
{
	struct curl_header *header;

	if (curl_easy_header(f->easy, name, index, CURLH_HEADER, -1, &header))
		return NULL;
	return header->value;
}

const char *fetch_asked(struct fetch *f)
{
	return f->asked;
}

const char *fetch_redirect(struct fetch *f)
{
	const char *where = fetch_header(f, "location", 0);
	long status = 0;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	return f->http && status / 100 == 3 && status != 304 && where && *where
	               ? where
	               : NULL;
}

/* What libcurl's code means here: an errno, and whether it may pass. */
static int translate(CURLcode code, bool *transient)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		*transient = true;
		return -ETIMEDOUT;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		*transient = true;
		return -EIO;
	case CURLE_REMOTE_FILE_NOT_FOUND:
		return -ENOENT;
	case CURLE_REMOTE_ACCESS_DENIED:
	case CURLE_LOGIN_DENIED:
		return -EACCES;
	default:
		return -EIO;
	}
}

/* The end of a transfer that libcurl brought to its end. */
static int finish(struct fetch *f, CURLcode code)
{
	struct fetch_reply *reply = f->reply;
	char text[CURL_ERROR_SIZE];
	curl_off_t modified = -1;
	long made = 0, heard = 0;

	curl_easy_getinfo(f->easy, CURLINFO_NUM_CONNECTS, &made);
	curl_easy_getinfo(f->easy, CURLINFO_HEADER_SIZE, &heard);
	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &reply->status);
	curl_easy_getinfo(f->easy, CURLINFO_FILETIME_T, &modified);
	reply->modified_s = modified;
	if (f->stopped == -EFBIG)
		return reason_set(&reply->why, -EFBIG,
		                  "%s: larger than %zu bytes", f->asked,
		                  f->request->max_body);
	if (f->stopped)
		return reason_oom(&reply->why, -EIO);
	/* Enough of an error's body was read. */
	if (code == CURLE_WRITE_ERROR && f->drained > DRAIN_BYTES)
		code = CURLE_OK;
	if (!code && f->http && !f->headed)
		code = CURLE_PARTIAL_FILE;
	/*
	 * A connection kept open from before that was closed just when it was
	 * used again.  libcurl tries another one by itself, but counts these
	 * accidents over the life of a handle and lets the sixth fail ("tried
	 * 5 times").
	 */
	f->stale = f->http && made == 0 && heard == 0 &&
	           (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
	            code == CURLE_GOT_NOTHING);
	if (!code) {
		if (!f->http)
			reply->status = 200;
		return 0;
	}
	reply->silent = code == CURLE_COULDNT_CONNECT ||
	                code == CURLE_COULDNT_RESOLVE_HOST ||
	                code == CURLE_OPERATION_TIMEDOUT;
	return reason_set(&reply->why, translate(code, &reply->transient),
	                  "%s: %s", f->asked,
	                  curlbase_explain(f->easy, code, f->error, text));
}

/* How long to wait for the next byte; or -ETIMEDOUT when the other side has
 * been quiet too long and nobody vouches for it. */
static int listen_ms(struct fetch *f, struct quiet *q)
{
	const struct fetch_request *r = f->request;
	curl_off_t body = 0, started = 0, progress;
	long head = 0;
	int64_t now;

	if (!r->quiet_ms)
		return POLL_MS;
	now = clock_now_ms();
	curl_easy_getinfo(f->easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
	curl_easy_getinfo(f->easy, CURLINFO_HEADER_SIZE, &head);
	curl_easy_getinfo(f->easy, CURLINFO_STARTTRANSFER_TIME_T, &started);
	/* Grows with every byte that arrives. */
	progress = body + head + (started > 0);
	if (progress != q->progress)
		q->until = now + r->quiet_ms;
	q->progress = progress;
	if (now >= q->until) {
		if (r->quiet(r->quiet_arg) != 0)
			return -ETIMEDOUT;
		q->until = clock_now_ms() + r->quiet_ms;
		return 0;
	}
	return q->until - now < POLL_MS ? (int)(q->until - now) : POLL_MS;
}

static int drive(struct fetch *f)
{
	struct quiet quiet = { -1, 0 };
	struct curl_waitfd cancel = { f->request->cancel_fd, CURL_WAIT_POLLIN,
		                      0 };
	unsigned int extra = f->request->cancel_fd >= 0;
	int running = 1, left, ms;
	CURLMsg *message;

	for (;;) {
		if (curl_multi_perform(f->multi, &running) != CURLM_OK)
			return reason_oom(&f->reply->why, -EIO);
		if (!running)
			break;
		if (cancel.revents)
			return reason_set(&f->reply->why, -ECANCELED,
			                  "cancelled");
		ms = listen_ms(f, &quiet);
		if (ms < 0) {
			f->reply->silent = true;
			return reason_set(&f->reply->why, ms, "%s: no answer",
			                  f->asked);
		}
		curl_multi_poll(f->multi, &cancel, extra, ms, NULL);
	}
	message = curl_multi_info_read(f->multi, &left);
	return finish(f, message ? message->data.result : CURLE_FAILED_INIT);
}

static int fetch_try(struct fetch *f)
{
	int err;

	*f->reply = (struct fetch_reply){ .body.max = FETCH_TEXT_MAX,
		                          .modified_s = -1 };
	f->stale = false;
	f->headed = false;
	f->drained = 0;
	f->stopped = 0;
	f->error[0] = '\0';
	if (curl_multi_add_handle(f->multi, f->easy))
		return reason_oom(&f->reply->why, -EIO);
	err = drive(f);
	curl_multi_remove_handle(f->multi, f->easy);
	return err;
}

int fetch_run(struct fetch *f, const struct fetch_request *request,
              struct fetch_reply *reply)
{
	const char *url = request->url, *target = NULL;
	CURLcode code = CURLE_OK;
	int err;

	*reply = (struct fetch_reply){ .modified_s = -1 };
	f->request = request;
	f->reply = reply;
	f->http = strncasecmp(url, "http", 4) == 0;
	fetch_label(url, f->asked);
	/* What is signed is the URL as libcurl knows it.  What is sent instead
	 * is the path, but to a proxy the whole URL, and that may be said to
	 * anyone (RFC 9112 section 3.2.2). */
	if (request->signed_url && strcmp(request->signed_url, url) != 0) {
		bool whole =
		        f->pool->proxied && strncasecmp(url, "http:", 5) == 0;
		const char *host = strstr(url, "://") + 3;

		target = whole ? url : host + strcspn(host, "/");
		url = request->signed_url;
	}
	SET(code, f->easy, CURLOPT_URL, url);
	SET(code, f->easy, CURLOPT_REQUEST_TARGET, target);
	SET(code, f->easy, CURLOPT_CUSTOMREQUEST, request->method);
	SET(code, f->easy, CURLOPT_HTTPHEADER, request->headers);
	SET(code, f->easy, CURLOPT_USERNAME, request->user);
	SET(code, f->easy, CURLOPT_PASSWORD, request->password);
	SET(code, f->easy, CURLOPT_AWS_SIGV4, request->sigv4);
	SET(code, f->easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	if (code)
		return reason_oom(&reply->why, -EIO);
	err = fetch_try(f);
	if (err && f->stale) {
		fetch_reply_release(reply);
		err = fetch_try(f);
	}
	curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(f->easy, CURLOPT_USERNAME, NULL);
	curl_easy_setopt(f->easy, CURLOPT_PASSWORD, NULL);
	return err;
}

void fetch_reply_release(struct fetch_reply *reply)
{
	buf_release(&reply->body);
}
