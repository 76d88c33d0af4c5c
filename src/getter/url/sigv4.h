/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS Signature Version 4 of a GET without a body, as header lines.
 *
 * Source: "Signature Version 4 signing process" and "Create a signed AWS API
 * request", docs.aws.amazon.com.
 *
 * Ours, because libcurl 7.88 (CURLOPT_AWS_SIGV4) signs path and query as they
 * stand.  Measured against a server that follows the documentation: S3
 * refuses its signature for a path with a raw + = : ! ' ( ) * or %2F or %61 in
 * it, for a query whose names are not sorted, have no '=' or a raw '+'; other
 * services, which encode the path twice, refuse any path with a '%' or "//".
 *
 * Services differ on what a URL means that is not in canonical form, so it is
 * put into that form first and sent so.
 */
#ifndef DREAMFS_SIGV4_H
#define DREAMFS_SIGV4_H

#include "getter/url/awskeys.h"
#include "lib/buf.h"
#include "lib/reason.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <time.h>

#define SIGV4_NAME_MAX 64

/* Where a signature is good. */
struct sigv4 {
	char region[SIGV4_NAME_MAX];
	char service[SIGV4_NAME_MAX];
	bool once; /* S3: the path is encoded once, and kept as it is */
	bool body; /* S3: wants to be told the hash of the empty body */
};

/* From "REGION" (service s3) or "REGION/SERVICE": 0; -EINVAL with the
 * reason. */
int sigv4_init(struct sigv4 *s, const char *text, struct reason *why);

/*
 * Appends the URL in canonical form and a NUL that is not counted: every byte
 * of path and query but A-Za-z0-9-._~ as %XX, the host in lower case, no port
 * that goes without saying, no user, no fragment.  '/' separates; %2F is kept
 * for all services but S3, whose keys have no such difference; '+' in a query
 * is a space.  0; -ENOENT when an S3 path then has a "." or ".." segment;
 * -EFBIG, -ENOMEM.
 */
int sigv4_url(const struct sigv4 *s, const char *url, struct buf *out);

/*
 * Appends to `out` the lines X-Amz-Date, X-Amz-Security-Token if the keys have
 * one, x-amz-content-sha256 for S3 unless `sign` has it, and Authorization.
 * The signature covers these, the host and all lines of `sign`, which are to
 * be sent as they are; a Host among them is what the host is.  `url` comes
 * from sigv4_url().  0 or -ENOMEM.
 */
int sigv4_sign(const struct sigv4 *s, const struct awskeys *keys, time_t now,
               const char *url, const struct curl_slist *sign,
               struct curl_slist **out);

#endif
