/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What transfers (fetch.h) and plain connections (stream.h) have in common. */
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

/*
 * Looks at the files before libcurl needs them: it reads them with each
 * connection and then only says that something is wrong with one.  Each is in
 * PEM: `ca_file` holds certificates; `cert_file` one, perhaps with those that
 * lead to its issuer behind it; `key_file` its private key without a
 * passphrase, by default in the file of the certificate.  That a certificate
 * has expired is no error: it may be replaced.  0; -EINVAL with the reason,
 * which names the setting and the file.
 */
int curlbase_check_tls(const struct curlbase_tls *tls, struct reason *why);

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
