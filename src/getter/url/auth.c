/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/auth.h"

#include "getter/url/awskeys.h"
#include "getter/url/canonical.h"
#include "getter/url/header.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL_MAX     ((size_t)1 << 20)
#define NAME_MAX_V4 64 /* of a region or a service, libcurl's */

/* Of nothing, which is what a GET sends. */
#define EMPTY_SHA256 \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* From this version on libcurl sorts headers by their names alone. */
#define CURL_SORTS_NAMES 0x080a00

struct auth {
	const struct url_options *options; /* borrowed */
	char *sigv4; /* for libcurl; NULL: nothing is signed */
	bool s3;     /* whose path is encoded once, and wants a body's hash */
};

void auth_destroy(struct auth *a)
{
	if (!a)
		return;
	free(a->sigv4);
	free(a);
}

void auth_words_init(struct auth_words *w)
{
	w->headers = NULL;
	buf_init(&w->url, URL_MAX);
	buf_init(&w->signed_url, URL_MAX);
	buf_init(&w->user, AWSKEYS_MAX);
	buf_init(&w->password, SECRET_FILE_MAX);
}

void auth_words_release(struct auth_words *w)
{
	curl_slist_free_all(w->headers);
	buf_release(&w->url);
	buf_release(&w->signed_url);
	buf_release(&w->user);
	secret_release(&w->password);
	auth_words_init(w);
}

/* ---- does it make sense? ---- */

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* One way to say who we are is enough. */
static int check_ways(const struct url_options *o, CURLU *url,
                      bool authorization, struct reason *why)
{
	bool user = has_part(url, CURLUPART_USER);
	const struct {
		const char *name;
		bool said;
	} ways[] = {
		{ "sigv4", o->sigv4 },
		{ "token_file", o->token_file },
		{ "password_file", o->remote.password_file },
		{ "netrc", o->netrc },
		{ "a header 'Authorization'", authorization },
		{ "the URL's user", user && !o->remote.password_file },
	};
	/* These two may be for something else: netrc for other hosts, a
	 * header for what a user alone does not say. */
	const size_t sure = 3;

	for (size_t i = 0; i < sure; i++)
		for (size_t j = i + 1; j < sizeof(ways) / sizeof(ways[0]); j++)
			if (ways[i].said && ways[j].said)
				return reason_set(why, -EINVAL,
				                  "both %s and %s say who we "
				                  "are: leave one out",
				                  ways[i].name, ways[j].name);
	return 0;
}

static int check_sense(const struct url_options *o, CURLU *url,
                       struct reason *why)
{
	char *scheme = NULL;
	bool web = !curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) &&
	           strncmp(scheme, "http", 4) == 0;

	curl_free(scheme);
	if (!web && (o->sigv4 || o->token_file))
		return reason_set(why, -EINVAL, "%s is for http and https",
		                  o->sigv4 ? "sigv4" : "token_file");
	if ((o->credentials_file || o->profile) && !o->sigv4)
		return reason_set(
		        why, -EINVAL, "%s without sigv4 = REGION means nothing",
		        o->credentials_file ? "credentials_file" : "profile");
	if (o->remote.password_file && !has_part(url, CURLUPART_USER))
		return reason_set(why, -EINVAL,
		                  "password_file needs the user in the URL: "
		                  "https://USER@HOST/");
	if (o->remote.password_file && has_part(url, CURLUPART_PASSWORD))
		return reason_set(why, -EINVAL,
		                  "there is a password in the URL and a "
		                  "password_file: leave one out");
	return 0;
}

/* ---- making one ---- */

static int read_sigv4(struct auth *a, const char *text, struct reason *why)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "abcdefghijklmnopqrstuvwxyz"
	                              "0123456789-._";
	size_t region = strspn(text, allowed);
	const char *service = text[region] == '/' ? text + region + 1 : "s3";

	if (region == 0 || (text[region] && text[region] != '/') || !*service ||
	    service[strspn(service, allowed)] || region >= NAME_MAX_V4 ||
	    strlen(service) >= NAME_MAX_V4)
		return reason_set(why, -EINVAL,
		                  "sigv4: '%.80s' is not a region such as "
		                  "eu-central-1, or REGION/SERVICE such as "
		                  "eu-central-1/execute-api",
		                  text);
	a->s3 = strncmp(service, "s3", 2) == 0;
	if (asprintf(&a->sigv4, "aws:amz:%.*s:%s", (int)region, text, service) <
	    0) {
		a->sigv4 = NULL;
		return reason_oom(why, -ENOMEM);
	}
	return 0;
}

/* ---- headers ---- */

/* What was configured, and the file's lines. */
static int say_headers(const struct auth *a, struct curl_slist **list,
                       struct reason *why)
{
	const struct url_options *o = a->options;
	int err = 0;

	for (size_t i = 0; i < o->headers.count && !err; i++)
		err = header_add(list, o->headers.items[i]);
	if (!err && o->header_file)
		err = header_file_read(list, o->header_file, why);
	return err;
}

/* libcurl signs all headers: also one without a value, which it does not send,
 * and each of two of one name. */
static int prepare_signed(struct curl_slist **list, struct reason *why)
{
	const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
	int err = header_join(list);

	if (err || curl->version_num >= CURL_SORTS_NAMES)
		return err;
	/* It sorts by whole lines: one name may not be another and more, of
	 * what is below the ':' behind a name. */
	for (struct curl_slist *a = *list; a; a = a->next) {
		size_t n = strcspn(a->data, ":");

		for (struct curl_slist *b = *list; b; b = b->next)
			if (strncasecmp(a->data, b->data, n) == 0 &&
			    b->data[n] < ':')
				return reason_set(
				        why, -EINVAL,
				        "libcurl %s cannot sign header '%.*s' "
				        "beside '%.*s'",
				        curl->version,
				        (int)strcspn(b->data, ":"), b->data,
				        (int)n, a->data);
	}
	return 0;
}

static int check_files(const struct auth *a, bool *authorization,
                       struct reason *why)
{
	const struct url_options *o = a->options;
	struct curl_slist *list = NULL;
	struct awskeys keys;
	int err;

	err = say_headers(a, &list, why);
	*authorization = header_has(list, "Authorization");
	if (!err && a->sigv4)
		err = prepare_signed(&list, why);
	curl_slist_free_all(list);
	if (!err)
		err = secret_check(o->token_file, why);
	if (!err)
		err = secret_check(o->remote.password_file, why);
	if (!err && o->credentials_file) {
		err = awskeys_read(&keys, o->credentials_file, o->profile, -1,
		                   why);
		awskeys_release(&keys);
	}
	return err ? -EINVAL : 0;
}

int auth_create(struct auth **out, const struct url_options *o, CURLU *url,
                struct reason *why)
{
	struct auth *a = calloc(1, sizeof(*a));
	bool authorization;
	int err;

	*out = NULL;
	if (!a)
		return reason_oom(why, -ENOMEM);
	a->options = o;
	err = check_sense(o, url, why);
	for (size_t i = 0; i < o->headers.count && !err; i++)
		err = header_check(o->headers.items[i], why);
	if (!err && o->sigv4)
		err = read_sigv4(a, o->sigv4, why);
	if (!err)
		err = check_files(a, &authorization, why);
	if (!err)
		err = check_ways(o, url, authorization, why);
	if (err) {
		auth_destroy(a);
		return err;
	}
	*out = a;
	return 0;
}

/* ---- a request ---- */

static int say_token(const struct auth *a, int cancel_fd, struct auth_words *w,
                     struct reason *why)
{
	struct buf token;
	int err;

	buf_init(&token, SECRET_FILE_MAX);
	err = secret_read(&token, a->options->token_file, cancel_fd, why);
	if (!err)
		err = header_printf(&w->headers, "Authorization: Bearer %s",
		                    token.data);
	secret_release(&token);
	return err;
}

static int say_keys(const struct auth *a, int cancel_fd, struct auth_words *w,
                    struct reason *why)
{
	struct awskeys keys;
	int err = awskeys_read(&keys, a->options->credentials_file,
	                       a->options->profile, cancel_fd, why);

	if (err)
		return err == -ECANCELED ? err : -EIO;
	err = buf_printf(&w->user, "%s", keys.access);
	if (!err)
		err = buf_printf(&w->password, "%s", keys.secret);
	if (!err && *keys.token)
		err = header_printf(&w->headers, "X-Amz-Security-Token: %s",
		                    keys.token);
	if (!err && a->s3 && !header_has(w->headers, "x-amz-content-sha256"))
		err = header_add(&w->headers,
		                 "x-amz-content-sha256: " EMPTY_SHA256);
	if (!err)
		err = prepare_signed(&w->headers, why);
	awskeys_release(&keys);
	return err;
}

static int say_signed(const struct auth *a, struct fetch_request *r,
                      struct auth_words *w, struct reason *why)
{
	int err = canonical_url(r->url, a->s3, &w->url);

	if (err == -ENOENT)
		return reason_set(why, err,
		                  "the key leads out of the URL's directory");
	if (!err)
		err = canonical_signed(w->url.data, a->s3, &w->signed_url);
	if (err)
		return reason_set(why, -EIO, "cannot sign the URL: %s",
		                  strerror(-err));
	r->url = w->url.data;
	r->signed_url = w->signed_url.data;
	r->sigv4 = a->sigv4;
	return say_keys(a, r->cancel_fd, w, why);
}

static int say_at_home(const struct auth *a, int cancel_fd,
                       struct auth_words *w, struct reason *why)
{
	const char *password_file = a->options->remote.password_file;
	int err = say_headers(a, &w->headers, why);

	if (!err && a->options->token_file)
		err = say_token(a, cancel_fd, w, why);
	if (!err && password_file)
		err = secret_read(&w->password, password_file, cancel_fd, why);
	return err;
}

static int say_to_others(const struct auth *a, struct auth_words *w,
                         struct reason *why)
{
	struct curl_slist *all = NULL;
	int err = say_headers(a, &all, why);

	for (struct curl_slist *h = all; h && !err; h = h->next)
		if (strncasecmp(h->data, "accept", 6) == 0)
			err = header_add(&w->headers, h->data);
	curl_slist_free_all(all);
	return err;
}

int auth_say(const struct auth *a, bool home, struct fetch_request *r,
             struct auth_words *w, struct reason *why)
{
	int err = 0;

	for (struct curl_slist *h = r->headers; h && !err; h = h->next)
		err = header_add(&w->headers, h->data);
	if (!err)
		err = home ? say_at_home(a, r->cancel_fd, w, why)
		           : say_to_others(a, w, why);
	/* It is our file that is missing, not the key. */
	if (err == -ENOENT)
		err = -EIO;
	if (!err && home && a->sigv4)
		err = say_signed(a, r, w, why);
	r->headers = w->headers;
	r->user = w->user.data;
	r->password = w->password.data;
	if (err == -ENOMEM)
		return reason_oom(why, -EIO);
	return err == -ECANCELED || err == -ENOENT || err == 0 ? err : -EIO;
}
