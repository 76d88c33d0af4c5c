/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/origin.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct origin {
	CURLU *place; /* of its URLs: scheme, user, host, port */
	struct auth *auth;
	struct fetch_pool *home;
	struct fetch_pool *away; /* knows nothing of who we are */
};

void origin_destroy(struct origin *o)
{
	if (!o)
		return;
	fetch_pool_destroy(o->home);
	fetch_pool_destroy(o->away);
	auth_destroy(o->auth);
	curl_url_cleanup(o->place);
	free(o);
}

static int create_pools(struct origin *o, const char *scheme,
                        const struct url_options *options, struct reason *why)
{
	const struct remote_options *remote = &options->remote;
	struct fetch_config c = {
		.protocols = scheme,
		.user_agent = options->user_agent,
		.netrc = options->netrc,
		.tls = remote_tls(remote),
		.proxy = options->proxy,
		.connect_timeout_ms = remote->connect_timeout_ms,
	};
	int err = fetch_pool_create(&o->home, &c, why);

	if (err)
		return err;
	c.protocols = "http,https";
	c.netrc = c.tls.cert_file = c.tls.key_file = NULL;
	return fetch_pool_create(&o->away, &c, why);
}

int origin_create(struct origin **out, const char *url, const char *scheme,
                  const struct url_options *options, struct reason *why)
{
	struct origin *o = calloc(1, sizeof(*o));
	CURLUcode code;
	int err;

	*out = NULL;
	if (!o || !(o->place = curl_url())) {
		free(o);
		return reason_oom(why, -ENOMEM);
	}
	code = curl_url_set(o->place, CURLUPART_URL, url,
	                    CURLU_NON_SUPPORT_SCHEME);
	if (code)
		err = reason_set(why, -EINVAL, "bad URL template: %s",
		                 curl_url_strerror(code));
	else
		err = auth_create(&o->auth, options, o->place, why);
	if (!err)
		err = create_pools(o, scheme, options, why);
	if (err) {
		origin_destroy(o);
		return err;
	}
	*out = o;
	return 0;
}

int origin_visit_begin(struct origin_visit *v, struct origin *o)
{
	*v = (struct origin_visit){ .origin = o };
	v->home = v->last = fetch_begin(o->home);
	return v->home ? 0 : -ENOMEM;
}

void origin_visit_end(struct origin_visit *v)
{
	if (v->home)
		fetch_end(v->home);
	if (v->away)
		fetch_end(v->away);
}

/* ---- where a redirect leads ---- */

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *left = NULL, *right = NULL;
	bool same =
	        curl_url_get(a, part, &left, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	        curl_url_get(b, part, &right, CURLU_DEFAULT_PORT) ==
	                CURLUE_OK &&
	        strcasecmp(left, right) == 0;

	curl_free(left);
	curl_free(right);
	return same;
}

/* At home we are the user of the origin's own URLs. */
static CURLUcode copy_part(const struct origin *o, CURLU *url, CURLUPart part)
{
	char *text = NULL;
	CURLUcode code = CURLUE_OK;

	if (curl_url_get(o->place, part, &text, 0) == CURLUE_OK)
		code = curl_url_set(url, part, text, 0);
	curl_free(text);
	return code;
}

/* One station of the way. */
struct hop {
	char *url; /* libcurl's; NULL: the one that was asked for */
	bool home;
};

/* From `base` to `target`, which may be relative to it. */
static int hop_set(struct hop *hop, const struct origin *o, const char *base,
                   const char *target)
{
	const unsigned int any = CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE;
	CURLU *url = curl_url();
	CURLUcode code = url ? curl_url_set(url, CURLUPART_URL, base, any)
	                     : CURLUE_OUT_OF_MEMORY;

	if (!code)
		code = curl_url_set(url, CURLUPART_URL, target, any);
	if (!code) {
		hop->home = same_part(o->place, url, CURLUPART_SCHEME) &&
		            same_part(o->place, url, CURLUPART_HOST) &&
		            same_part(o->place, url, CURLUPART_PORT);
		if (hop->home)
			code = copy_part(o, url, CURLUPART_USER);
		if (hop->home && !code)
			code = copy_part(o, url, CURLUPART_PASSWORD);
	}
	curl_free(hop->url);
	hop->url = NULL;
	if (!code)
		code = curl_url_get(url, CURLUPART_URL, &hop->url, 0);
	curl_url_cleanup(url);
	return code ? -EINVAL : 0;
}

/* ---- one request ---- */

static int ask_once(struct origin_visit *v, const struct hop *hop,
                    const struct fetch_request *request,
                    struct fetch_reply *reply)
{
	struct fetch_request r = *request;
	struct auth_words words;
	int err;

	*reply = (struct fetch_reply){ .modified_s = -1 };
	if (!hop->home && !v->away)
		v->away = fetch_begin(v->origin->away);
	if (!hop->home && !v->away)
		return reason_oom(&reply->why, -EIO);
	v->last = hop->home ? v->home : v->away;
	if (hop->url)
		r.url = hop->url;
	auth_words_init(&words);
	err = auth_say(v->origin->auth, hop->home, &r, &words, &reply->why);
	if (!err)
		err = fetch_run(v->last, &r, reply);
	auth_words_release(&words);
	return err;
}

int origin_ask(struct origin_visit *v, const struct fetch_request *request,
               struct fetch_reply *reply)
{
	struct hop hop = { NULL, true };
	char label[FETCH_LABEL_MAX];
	const char *next;
	int err;

	for (int hops = 0;; hops++) {
		err = ask_once(v, &hop, request, reply);
		next = err ? NULL : fetch_redirect(v->last);
		if (!next)
			break;
		if (hops == ORIGIN_REDIRECTS) {
			err = reason_set(&reply->why, -EIO,
			                 "%s: more than %d redirects",
			                 fetch_label(request->url, label),
			                 ORIGIN_REDIRECTS);
			break;
		}
		if (hop_set(&hop, v->origin, hop.url ? hop.url : request->url,
		            next) < 0) {
			err = reason_set(&reply->why, -EIO,
			                 "%s: cannot follow its redirect",
			                 fetch_label(request->url, label));
			break;
		}
		fetch_reply_release(reply);
	}
	curl_free(hop.url);
	return err;
}

/* ---- what an error says ---- */

char *origin_words(const struct buf *body, char out[ORIGIN_WORDS_MAX])
{
	static const char *const tags[] = { "<Code>", "<title>" };
	const char *from = NULL, *to;
	size_t n = 0;

	for (size_t i = 0; i < 2 && !from && body->len; i++) {
		from = memmem(body->data, body->len, tags[i], strlen(tags[i]));
		from = from ? from + strlen(tags[i]) : NULL;
	}
	to = from ? memchr(from, '<', body->len - (size_t)(from - body->data))
	          : NULL;
	for (; to && from < to && n < ORIGIN_WORDS_MAX - 1; from++)
		if (isprint((unsigned char)*from))
			out[n++] = *from;
	out[n] = '\0';
	return out;
}
