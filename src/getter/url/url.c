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
#include "getter/url/freshness.h"
#include "getter/url/header.h"
#include "getter/url/options.h"
#include "getter/url/origin.h"
#include "getter/url/template.h"
#include "lib/file.h"
#include "lib/units.h"
#include "net/backoff.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define URL_BYTES     ((size_t)4 * KEY_MAX) /* keys grow threefold */
#define RETRY_AFTER_S 5    /* longest that an origin may make us wait */
#define VALIDATOR_MAX 1024 /* bytes; nobody could send back a longer one */

struct url {
	struct template *template;
	struct origin *origin;             /* NULL for files */
	const struct url_options *options; /* borrowed */
	bool ttl_origin;
};

static void url_destroy(void *getter)
{
	struct url *u = getter;

	if (!u)
		return;
	template_destroy(u->template);
	origin_destroy(u->origin);
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

/* What only a file may be wrong with, before it is needed. */
static int check_files(const struct url_options *o, const char *scheme,
                       struct reason *why)
{
	const struct curlbase_tls tls = remote_tls(&o->remote);

	if (o->netrc && access(o->netrc, R_OK) < 0)
		return reason_set(why, -EINVAL, "cannot read netrc '%s': %s",
		                  o->netrc, strerror(errno));
	/* Behind http there may be https: a redirect. */
	if (strncmp(scheme, "http", 4) == 0)
		return curlbase_check_tls(&tls, why);
	if (tls.key_file && access(tls.key_file, R_OK) < 0)
		return reason_set(why, -EINVAL, "cannot read key_file '%s': %s",
		                  tls.key_file, strerror(errno));
	return 0;
}

static int url_create(void **getter, const struct getter_spec *spec,
                      struct reason *why)
{
	struct url *u = calloc(1, sizeof(*u));
	const char *scheme = NULL;
	struct buf url;
	int err;

	if (!u)
		return reason_oom(why, -ENOMEM);
	u->options = spec->options;
	u->ttl_origin = spec->ttl_origin;
	buf_init(&url, URL_BYTES);
	err = template_create(&u->template, spec->source, why);
	if (!err) {
		scheme = template_scheme(u->template);
		err = check_scheme(scheme, why);
	}
	if (!err) {
		err = template_expand(u->template, "g", key_of("k", 1), &url);
		if (err)
			reason_set(why, err, "cannot expand the template: %s",
			           strerror(-err));
	}
	if (!err)
		err = check_files(u->options, scheme, why);
	if (!err)
		err = origin_create(&u->origin, url.data, scheme, u->options,
		                    why);
	buf_release(&url);
	if (err) {
		url_destroy(u);
		return err;
	}
	/* A file has none, but what was said for one must make sense, too. */
	if (strcmp(scheme, "file") == 0) {
		origin_destroy(u->origin);
		u->origin = NULL;
	}
	*getter = u;
	return 0;
}

/* "Only if it is not what I have", unless that could hide another header. */
static int conditions(const struct load *load, struct curl_slist **list)
{
	const struct value *previous = load->previous;
	const char *etag = previous ? previous->etag : NULL;
	const char *modified = previous ? previous->last_modified : NULL;
	int err = 0;

	if (etag && header_value_ok(etag))
		err = header_printf(list, "If-None-Match: %s", etag);
	if (!err && modified && header_value_ok(modified))
		err = header_printf(list, "If-Modified-Since: %s", modified);
	return err;
}

static void origin_ttl(struct fetch *f, const struct value *previous,
                       struct load_result *result)
{
	struct freshness fields = {
		.expires = fetch_header(f, "expires", 0),
		.date = fetch_header(f, "date", 0),
		.age = fetch_header(f, "age", 0),
		.last_modified = fetch_header(f, "last-modified", 0),
	};
	struct buf all;
	const char *one;

	/* A 304 need not repeat it. */
	if (!fields.last_modified && previous)
		fields.last_modified = previous->last_modified;
	buf_init(&all, 65536);
	for (size_t i = 0; (one = fetch_header(f, "cache-control", i)); i++)
		buf_printf(&all, "%s%s", i ? "," : "", one);
	fields.cache_control = all.data;
	/* More directives than anyone means: stale at once. */
	result->ttl_ms = all.err ? 0 : freshness_ms(&fields, time(NULL));
	result->must_revalidate = all.err || freshness_must_revalidate(&fields);
	buf_release(&all);
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
	return result->value ? 0 : reason_oom(&result->why, -EIO);
}

/* An answer of whatever status, as the group's readers see it. */
static int translate(struct fetch *f, const struct load *load,
                     struct fetch_reply *reply, struct load_result *result)
{
	char words[ORIGIN_WORDS_MAX];
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
	reply->transient = reply->status == 408 || reply->status == 429 ||
	                   reply->status == 500 ||
	                   (reply->status >= 502 && reply->status <= 504);
	origin_words(&reply->body, words);
	return reason_set(&result->why, err, "%s: HTTP %ld%s%s%s",
	                  fetch_asked(f), reply->status, *words ? " (" : "",
	                  words, *words ? ")" : "");
}

/* One attempt; *again if another one may help. */
static int attempt(const struct url *u, struct origin_visit *visit,
                   const struct fetch_request *request, const struct load *load,
                   struct load_result *result, bool *again)
{
	struct fetch_reply reply;
	int err = origin_ask(visit, request, &reply);
	struct fetch *f = visit->last;

	result->why.text[0] = '\0';
	if (err)
		result->why = reply.why;
	else
		err = translate(f, load, &reply, result);
	if (!err && u->ttl_origin)
		origin_ttl(f, reply.status == 304 ? load->previous : NULL,
		           result);
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
                      const struct load *load, struct load_result *result)
{
	struct fetch_request request = {
		.url = url,
		.max_body = load->max_value,
		.cancel_fd = load->cancel_fd,
	};
	struct origin_visit visit;
	int64_t pause;
	bool again;
	int err = conditions(load, &request.headers);

	if (err || origin_visit_begin(&visit, u->origin) < 0) {
		curl_slist_free_all(request.headers);
		return reason_oom(&result->why, -EIO);
	}
	for (int i = 0;; i++) {
		err = attempt(u, &visit, &request, load, result, &again);
		if (!again || i >= u->options->remote.retries)
			break;
		pause = pause_ms(i, fetch_header(visit.last, "retry-after", 0));
		if (pause < 0)
			break;
		if (backoff_wait(load->cancel_fd, pause) < 0) {
			err = reason_set(&result->why, -ECANCELED, "cancelled");
			break;
		}
	}
	origin_visit_end(&visit);
	curl_slist_free_all(request.headers);
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
		return reason_oom(&result->why, -EIO);
	buf_init(&bytes, load->max_value);
	if (strlen(decoded) != (size_t)len)
		err = reason_set(&result->why, -ENOENT,
		                 "no file has a NUL byte in its name");
	for (int i = 0; err == -EAGAIN && i <= u->options->remote.retries;
	     i++) {
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
		err = result->value ? 0 : reason_oom(&result->why, -EIO);
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
	else if (u->origin)
		err = get_remote(u, url.data, load, result);
	else
		err = get_file(u, url.data, load, result);
	buf_release(&url);
	return err;
}

const struct getter_ops getter_url = {
	.source = OPTION("url", &option_url, struct getter_spec, source,
	                 .example = "https://www.debian.org/{+key}",
	                 .about = "{key} encodes a '/', {+key} keeps "
	                          "it"),
	.options = url_options,
	.options_size = sizeof(struct url_options),
	.tells_ttl = true,
	.create = url_create,
	.destroy = url_destroy,
	.get = url_get,
	.warn = url_warn,
};
