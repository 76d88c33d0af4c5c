/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The getter that asks an origin: HTTP and the other schemes of libcurl, and
 * files.
 *
 * An attempt ends in one of three ways: an answer, a failure that would come
 * again, or one that may have passed by the next attempt.  Only the last is
 * repeated, after a random pause below a bound that doubles each time (full
 * jitter), so that readers of many keys do not come back all at once.  If a
 * busy origin says how long to wait we do that, or give up if it is long.
 */
#include "backoff.h"
#include "fetch.h"
#include "file.h"
#include "freshness.h"
#include "getter.h"
#include "header.h"
#include "template.h"
#include "units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define URL_BYTES     ((size_t)4 * KEY_MAX) /* keys grow threefold */
#define RETRY_AFTER_S 5    /* longest that an origin may make us wait */
#define VALIDATOR_MAX 1024 /* bytes; nobody could send back a longer one */

/* S3 wants to be told of the request's body, which is always empty. */
#define EMPTY_SHA256 \
	"x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b93" \
	"4ca495991b7852b855"

struct url {
	struct template *template;
	struct fetch_pool *pool; /* NULL for files */
	struct curl_slist *headers;
	char *header_file;
	int retries;
	bool ttl_origin;
};

static void url_destroy(void *getter)
{
	struct url *u = getter;

	if (!u)
		return;
	template_destroy(u->template);
	fetch_pool_destroy(u->pool);
	curl_slist_free_all(u->headers);
	free(u->header_file);
	free(u);
}

static int check_scheme(const char *scheme, struct reason *why)
{
	static const char *const known[] = { "http", "https", "file", "ftp",
		                             "sftp" };
	char have[64] = "";
	size_t len = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		bool is_there = strcmp(known[i], "file") == 0 ||
		                fetch_has_scheme(known[i]);

		if (is_there && strcmp(known[i], scheme) == 0)
			return 0;
		if (is_there && len < sizeof(have))
			len += (size_t)snprintf(have + len, sizeof(have) - len,
			                        "%s%s", len ? " " : "",
			                        known[i]);
	}
	return reason_set(why, -EINVAL, "no URLs of scheme '%s', only %s",
	                  scheme, have);
}

/* The template's fixed part in libcurl's own opinion. */
static int check_url(const struct template *t, struct reason *why)
{
	CURLU *parsed = curl_url();
	CURLUcode code;
	struct buf url;
	int err = 0;

	buf_init(&url, URL_BYTES);
	if (!parsed || template_expand(t, "g", key_of("k", 1), &url) < 0) {
		err = reason_set(why, -ENOMEM, "out of memory");
	} else {
		code = curl_url_set(parsed, CURLUPART_URL, url.data, 0);
		if (code)
			err = reason_set(why, -EINVAL, "bad URL template: %s",
			                 curl_url_strerror(code));
	}
	curl_url_cleanup(parsed);
	buf_release(&url);
	return err;
}

static int create_headers(struct url *u, const struct getter_spec *spec,
                          struct reason *why)
{
	struct curl_slist *list = NULL;
	int err = 0;

	for (size_t i = 0; i < spec->header_count && !err; i++) {
		err = header_check(spec->headers[i], why);
		if (!err && header_add(&u->headers, spec->headers[i]) < 0)
			err = reason_set(why, -ENOMEM, "out of memory");
	}
	if (!err && spec->sigv4 && header_add(&u->headers, EMPTY_SHA256) < 0)
		err = reason_set(why, -ENOMEM, "out of memory");
	if (err || !spec->header_file)
		return err;
	u->header_file = strdup(spec->header_file);
	if (!u->header_file)
		return reason_set(why, -ENOMEM, "out of memory");
	err = header_file_read(&list, spec->header_file, why);
	curl_slist_free_all(list);
	return err ? -EINVAL : 0;
}

static int create_pool(struct url *u, const struct getter_spec *spec,
                       struct reason *why)
{
	const char *scheme = template_scheme(u->template);
	const struct fetch_config config = {
		.protocols = scheme,
		.follow = true,
		.user_agent = spec->user_agent,
		.netrc = spec->netrc,
		.ca_file = spec->ca_file,
		.cert_file = spec->cert_file,
		.key_file = spec->key_file,
		.proxy = spec->proxy,
		.sigv4 = spec->sigv4,
		.insecure = spec->insecure,
		.connect_timeout_ms = spec->connect_timeout_ms,
	};

	if (strcmp(scheme, "file") == 0)
		return 0;
	return fetch_pool_create(&u->pool, &config, why);
}

static int url_create(void **getter, const struct getter_spec *spec,
                      struct reason *why)
{
	struct url *u = calloc(1, sizeof(*u));
	int err;

	if (!u)
		return reason_set(why, -ENOMEM, "out of memory");
	u->retries = spec->retries;
	u->ttl_origin = spec->ttl_origin;
	err = template_create(&u->template, spec->source, why);
	if (!err)
		err = check_scheme(template_scheme(u->template), why);
	if (!err)
		err = check_url(u->template, why);
	if (!err)
		err = getter_spec_check_files(spec, why);
	if (!err)
		err = create_headers(u, spec, why);
	if (!err)
		err = create_pool(u, spec, why);
	if (err) {
		url_destroy(u);
		return err;
	}
	*getter = u;
	return 0;
}

/* "If-None-Match: "abc"", unless the value could hide another header. */
static int condition_add(struct curl_slist **list, const char *name,
                         const char *value)
{
	char *line;
	int err;

	if (!value || !header_value_ok(value))
		return 0;
	if (asprintf(&line, "%s: %s", name, value) < 0)
		return -ENOMEM;
	err = header_add(list, line);
	free(line);
	return err;
}

static int load_headers(const struct url *u, const struct load *load,
                        struct curl_slist **list, struct reason *why)
{
	const struct value *previous = load->previous;
	int err = 0;

	*list = NULL;
	for (struct curl_slist *h = u->headers; h && !err; h = h->next)
		err = header_add(list, h->data);
	if (!err && previous)
		err = condition_add(list, "If-None-Match", previous->etag);
	if (!err && previous)
		err = condition_add(list, "If-Modified-Since",
		                    previous->last_modified);
	if (err)
		return reason_set(why, -EIO, "out of memory");
	if (!u->header_file)
		return 0;
	return header_file_read(list, u->header_file, why) ? -EIO : 0;
}

static int64_t origin_ttl(struct fetch *f, const struct value *previous)
{
	struct freshness fields = {
		.expires = fetch_header(f, "expires", 0),
		.date = fetch_header(f, "date", 0),
		.age = fetch_header(f, "age", 0),
		.last_modified = fetch_header(f, "last-modified", 0),
	};
	struct buf all;
	const char *one;
	int64_t ms = 0;
	int err = 0;

	/* A 304 need not repeat it. */
	if (!fields.last_modified && previous)
		fields.last_modified = previous->last_modified;
	buf_init(&all, 65536);
	for (size_t i = 0; (one = fetch_header(f, "cache-control", i)); i++)
		if (!err)
			err = buf_printf(&all, "%s%s", i ? "," : "", one);
	fields.cache_control = all.data;
	/* More directives than anyone means: stale at once. */
	if (!err)
		ms = freshness_ms(&fields, time(NULL));
	buf_release(&all);
	return ms;
}

static bool is_transient(long status)
{
	return status == 408 || status == 429 || status == 500 ||
	       (status >= 502 && status <= 504);
}

/* A header to be kept for revalidation, unless it is absurd. */
static const char *validator(struct fetch *f, const char *name)
{
	const char *text = fetch_header(f, name, 0);

	return text && strlen(text) <= VALIDATOR_MAX ? text : NULL;
}

static int take_value(struct fetch *f, struct fetch_reply *reply,
                      struct load_result *result)
{
	int64_t modified = reply->modified_s;
	const struct value_meta meta = {
		.mtime_ns = modified > 0 && modified < INT64_MAX / 1000000000
		                    ? modified * 1000000000
		                    : 0,
		.etag = validator(f, "etag"),
		.last_modified = validator(f, "last-modified"),
	};

	result->value = value_create(&reply->body, &meta);
	return result->value ? 0
	                     : reason_set(&result->why, -EIO, "out of memory");
}

/* An answer of whatever status, as the group's readers see it. */
static int translate(const char *url, struct fetch *f, const struct load *load,
                     struct fetch_reply *reply, struct load_result *result)
{
	char label[FETCH_LABEL_MAX];
	int err;

	if (reply->status == 200)
		return take_value(f, reply, result);
	if (reply->status == 304 && load->previous) {
		result->value = value_ref(load->previous);
		return 0;
	}
	if (reply->status == 404 || reply->status == 410)
		err = -ENOENT;
	else if (reply->status == 401 || reply->status == 403)
		err = -EACCES;
	else
		err = -EIO;
	reply->transient = is_transient(reply->status);
	return reason_set(&result->why, err, "%s: HTTP %ld",
	                  fetch_label(url, label), reply->status);
}

/* One attempt; *again if another one may help. */
static int attempt(const struct url *u, struct fetch *f,
                   const struct fetch_request *request, const struct load *load,
                   struct load_result *result, bool *again)
{
	struct fetch_reply reply;
	int err = fetch_run(f, request, &reply);

	result->why.text[0] = '\0';
	if (err)
		result->why = reply.why;
	else
		err = translate(request->url, f, load, &reply, result);
	if (!err && u->ttl_origin)
		result->ttl_ms = origin_ttl(
		        f, reply.status == 304 ? load->previous : NULL);
	*again = err && reply.transient;
	fetch_reply_release(&reply);
	return err == -ETIMEDOUT ? -EIO : err;
}

/* How long to wait after so many attempts; -1: not worth waiting. */
static int64_t pause_ms(int attempts, const char *retry_after)
{
	uint64_t wait;

	if (retry_after &&
	    number_parse(retry_after, 10, INT32_MAX, &wait) == 0 && wait > 0)
		return wait <= RETRY_AFTER_S ? (int64_t)wait * 1000 : -1;
	return backoff_ms(attempts);
}

static int get_remote(const struct url *u, const char *url,
                      struct curl_slist *headers, const struct load *load,
                      struct load_result *result)
{
	const struct fetch_request request = {
		.url = url,
		.headers = headers,
		.max_body = load->max_value,
		.cancel_fd = load->cancel_fd,
	};
	struct fetch *f = fetch_begin(u->pool);
	int64_t pause = 0;
	bool again;
	int err;

	if (!f)
		return reason_set(&result->why, -EIO, "out of memory");
	for (int i = 0;; i++) {
		err = attempt(u, f, &request, load, result, &again);
		if (again && i < u->retries)
			pause = pause_ms(i, fetch_header(f, "retry-after", 0));
		if (!again || i >= u->retries || pause < 0)
			break;
		if (backoff_wait(load->cancel_fd, pause) < 0) {
			err = reason_set(&result->why, -ECANCELED, "cancelled");
			break;
		}
	}
	fetch_end(f);
	return err;
}

/* Files are read by ourselves: libcurl tells neither a missing file from a
 * forbidden one nor what a file was like before and after. */
static int get_file(const struct url *u, const char *url,
                    const struct load *load, struct load_result *result)
{
	const char *known = load->previous ? load->previous->etag : NULL;
	const char *path = strchr(url + strlen("file://"), '/');
	struct file_version version = { 0 };
	struct value_meta meta = { 0 };
	struct buf bytes;
	int len = 0, err = -EAGAIN;
	char *decoded;

	decoded = path ? curl_easy_unescape(NULL, path, 0, &len) : NULL;
	if (!decoded)
		return reason_set(&result->why, -EIO, "out of memory");
	buf_init(&bytes, load->max_value);
	if (strlen(decoded) != (size_t)len)
		err = reason_set(&result->why, -ENOENT,
		                 "no file has a NUL byte in its name");
	for (int i = 0; err == -EAGAIN && i <= u->retries; i++) {
		buf_release(&bytes);
		err = file_read(decoded, known, load->cancel_fd, &bytes,
		                &version, &result->why);
	}
	meta.mtime_ns = version.mtime_ns;
	meta.etag = version.tag;
	if (err == 1)
		result->value = value_ref(load->previous);
	else if (err == 0)
		result->value = value_create(&bytes, &meta);
	if (err >= 0)
		err = result->value
		              ? 0
		              : reason_set(&result->why, -EIO, "out of memory");
	/* A file says nothing about how long it stays. */
	if (!err && u->ttl_origin)
		result->ttl_ms = 0;
	curl_free(decoded);
	buf_release(&bytes);
	return err == -EAGAIN ? -EIO : err;
}

/* What libcurl would answer with a listing is not a value. */
static bool is_listing(const struct url *u, const char *url)
{
	const char *scheme = template_scheme(u->template);

	if (strcmp(scheme, "ftp") != 0 && strcmp(scheme, "sftp") != 0)
		return false;
	return url[strcspn(url, "#") - 1] == '/' || strcasestr(url, ";type=d");
}

static int url_get(void *getter, const struct load *load,
                   struct load_result *result)
{
	const struct url *u = getter;
	struct curl_slist *headers = NULL;
	struct buf url;
	int err;

	buf_init(&url, URL_BYTES);
	err = template_expand(u->template, load->group, load->key, &url);
	if (err == -ENOENT)
		reason_set(&result->why, err,
		           "the key leads out of the URL's directory");
	else if (err)
		err = reason_set(&result->why, -EIO, "cannot build the URL: %s",
		                 strerror(-err));
	else if (is_listing(u, url.data))
		err = reason_set(&result->why, -ENOENT,
		                 "the key names a directory");
	else if (!u->pool)
		err = get_file(u, url.data, load, result);
	else
		err = load_headers(u, load, &headers, &result->why);
	if (!err && u->pool)
		err = get_remote(u, url.data, headers, load, result);
	curl_slist_free_all(headers);
	buf_release(&url);
	return err;
}

const struct getter_ops getter_url = {
	.name = "url",
	.tells_ttl = true,
	.create = url_create,
	.destroy = url_destroy,
	.get = url_get,
};
