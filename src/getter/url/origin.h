/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An origin: scheme, host and port that values come from, who we are there,
 * and where it sends us on to.
 *
 * Redirects are followed here, not by libcurl, because of what must not go
 * along: to anything but the origin itself (the same host on another port,
 * or without TLS, is another) goes no header but Accept ones, no user,
 * password or netrc entry, no signature and no client certificate.  libcurl
 * keeps back only Authorization and Cookie headers; and a signature is good
 * for one URL alone.
 */
#ifndef DREAMFS_ORIGIN_H
#define DREAMFS_ORIGIN_H

#include "getter/url/auth.h"
#include "net/fetch.h"

#define ORIGIN_REDIRECTS 10

struct origin; /* shared by threads */

/* `url` is one of its URLs, whatever its key; the options are borrowed for as
 * long as the origin is there.  0; -EINVAL or -ENOMEM with the reason. */
int origin_create(struct origin **out, const char *url, const char *scheme,
                  const struct url_options *options, struct reason *why);
void origin_destroy(struct origin *o);

/* One load, of one thread. */
struct origin_visit {
	struct origin *origin;
	struct fetch *home;
	struct fetch *away; /* made when a redirect leads elsewhere */
	struct fetch *last; /* who gave the last answer: for its headers */
};

/* 0 or -ENOMEM. */
int origin_visit_begin(struct origin_visit *v, struct origin *o);
void origin_visit_end(struct origin_visit *v);

/*
 * fetch_run() with who we are added, up to ORIGIN_REDIRECTS redirects on.
 * The request's own headers go everywhere.  Its errors, and those of
 * auth_say(); the reply is to be released in every case.
 */
int origin_ask(struct origin_visit *v, const struct fetch_request *request,
               struct fetch_reply *reply);

/* What the body of an error says of itself, for people: the code of S3's XML
 * or the title of a web page, without control characters; "" when there is
 * neither.  Returns out. */
#define ORIGIN_WORDS_MAX 80
char *origin_words(const struct buf *body, char out[ORIGIN_WORDS_MAX]);

#endif
