/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are to an origin: the headers, the token, the password or the
 * signature of a request.
 *
 * Files are read anew for each request, so that what was replaced in them is
 * in effect at once; a file that is missing fails the request, not the node.
 */
#ifndef DREAMFS_AUTH_H
#define DREAMFS_AUTH_H

#include "getter/url/options.h"
#include "lib/buf.h"
#include "lib/reason.h"
#include "net/fetch.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * With sigv4, libcurl signs each attempt anew, and all of its headers.  Before
 * 8.10 it puts two into a wrong order if the name of one goes on where the
 * other's ends ("Accept" and "Accept-Language"): these are refused, at creation
 * or when a file has them later, rather than sent with a wrong signature.
 */
struct auth; /* immutable after creation, shared by threads */

/*
 * `url` is one of the origin's, for its scheme and user.  Reads the files once
 * to see that they are good, but for AWS keys in the usual places, which may be
 * other ones by then.  The options are borrowed until auth_destroy().  0;
 * -EINVAL with the reason when something is wrong, contradicts itself or means
 * nothing here; -ENOMEM.
 */
int auth_create(struct auth **out, const struct url_options *o, CURLU *url,
                struct reason *why);
void auth_destroy(struct auth *a);

/* What one request says, beyond what it was made with. */
struct auth_words {
	struct curl_slist *headers;
	struct buf url, user, password, signed_url;
};

void auth_words_init(struct auth_words *w);
void auth_words_release(struct auth_words *w);

/*
 * Has the request say who we are, in words that it borrows: of the caller, who
 * begins with all empty.  Its headers stay.  At home, at the origin itself, the
 * URL may become another that means the same; to others, where a redirect led
 * to, go of all the headers those whose names begin with "Accept".
 *
 * 0; -ENOENT if the key leads out of its place; -ECANCELED (cancel_fd
 * readable); else -EIO.  Each with the reason, without secrets.
 */
int auth_say(const struct auth *a, bool home, struct fetch_request *r,
             struct auth_words *w, struct reason *why);

#endif
