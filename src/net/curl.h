/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What all our uses of libcurl have in common: transfers (fetch.h) and plain
 * connections (stream.h). */
#ifndef DREAMFS_CURLBASE_H
#define DREAMFS_CURLBASE_H

#include "lib/reason.h"

#include <curl/curl.h>
#include <stdbool.h>

/* The first error of many setopt calls wins. */
#define CURLBASE_SET(err, easy, option, value) \
	do { \
		if (!(err)) \
			(err) = curl_easy_setopt(easy, option, value); \
	} while (0)

/* Borrowed; NULL: not said. */
struct curlbase_tls {
	const char *ca_file;              /* NULL: the system's */
	const char *cert_file, *key_file; /* who we are */
	bool insecure;                    /* trust anybody */
};

/* Before anything else; any number of times, from any thread.  0, or -EINVAL
 * with the reason. */
int curlbase_start(struct reason *why);

/* The certificate must be good and name the host. */
CURLcode curlbase_set_tls(CURL *easy, const struct curlbase_tls *tls);

/* What went wrong, as the end of a reason: in the system's words where it said
 * something.  `error` is the handle's error buffer.  Returns out. */
const char *curlbase_explain(CURL *easy, CURLcode code, const char *error,
                             char out[CURL_ERROR_SIZE]);

#endif
