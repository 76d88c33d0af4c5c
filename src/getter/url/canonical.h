/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one form of a URL that AWS Signature Version 4 is made of.
 *
 * Source: "Create a signed AWS API request", docs.aws.amazon.com.
 *
 * libcurl signs (CURLOPT_AWS_SIGV4), but 7.88 takes path and query as they
 * stand.  Measured against a server that follows the documentation: S3
 * refuses that for a path with a raw + = : ! ' ( ) * or %2F or %61 in it, for a
 * query whose names are not sorted, have no '=' or a raw '+'; other services,
 * which encode the path twice, refuse any path with a '%' or "//".  So there
 * are two forms: what is sent, and what libcurl gets to sign.  Services differ
 * on what a URL means that is not in canonical form, so that form is sent.
 */
#ifndef DREAMFS_CANONICAL_H
#define DREAMFS_CANONICAL_H

#include "lib/buf.h"

#include <stdbool.h>

/*
 * Appends the URL as it is to be sent and a NUL that is not counted: every
 * byte of path and query but A-Za-z0-9-._~ as %XX, the host in lower case, no
 * port that goes without saying, no user, no fragment.  '/' separates; %2F is
 * kept for all services but S3, whose keys have no such difference; '+' in a
 * query is a space.  0; -ENOENT when an S3 path then has a "." or ".." segment;
 * -EFBIG, -ENOMEM.
 */
int canonical_url(const char *url, bool s3, struct buf *out);

/*
 * Appends what is to be signed for a URL from canonical_url(), and a NUL that
 * is not counted: the query sorted, each name with a '='; for all services but
 * S3 no empty segment in the path, and the path encoded once more, unless this
 * libcurl does that.  0, -EFBIG or -ENOMEM.
 */
int canonical_signed(const char *url, bool s3, struct buf *out);

#endif
