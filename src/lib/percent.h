/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Percent-encoding, RFC 3986 section 2: "%2F" for '/'.  Who writes decides
 * what is encoded, and mostly that is all but the unreserved characters; who
 * reads takes hexadecimal digits of either case.
 */
#ifndef DREAMFS_PERCENT_H
#define DREAMFS_PERCENT_H

#include "lib/buf.h"

#include <stdbool.h>

#define PERCENT_LEN 3 /* bytes of "%2F" */

/* A letter, a digit or one of "-._~": the same in every URL. */
bool percent_unreserved(char c);

/* Writes "%2F", in upper case and without a NUL; returns PERCENT_LEN. */
size_t percent_write(char c, char out[PERCENT_LEN]);

/* The byte that a "%2F" at `text` stands for, or -1 if there is none.  Reads no
 * further than `left` bytes, nor than what cannot be one. */
int percent_read(const char *text, size_t left);

/* Appends the bytes, all but the unreserved encoded.  0, -EFBIG, -ENOMEM. */
int percent_encode(struct buf *out, const char *bytes, size_t n);

/*
 * Decodes to `room`, which holds as many bytes as `text`; *len is how many that
 * became.  `plus`: '+' is a space.  0; -EINVAL for a '%' without two hex
 * digits.
 */
int percent_decode(const char *text, size_t n, bool plus, char *room,
                   size_t *len);

#endif
