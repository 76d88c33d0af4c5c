/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON strings (RFC 8259), spelled as Go's encoding/json does: each byte that
 * is not part of valid UTF-8 becomes \ufffd; `<`, `>` and `&`, which mean
 * something in HTML, U+2028 and U+2029, which mean something in JavaScript,
 * and control characters are \uXXXX, but for \n, \r and \t.
 */
#ifndef DREAMFS_JSON_H
#define DREAMFS_JSON_H

#include "lib/buf.h"

/* Appends the bytes as a string with its quotes; 0 or a negative errno. */
int json_string(struct buf *out, const char *bytes, size_t n);

/* Bytes that `n` bytes need at most, quotes included. */
#define JSON_QUOTED_MAX(n) (6 * (n) + 2)

/*
 * For logs: needs no memory, and escapes DEL and C1 too, which terminals obey.
 * Writes the string, without a NUL, to `out`, which has room for `size` >= 2
 * bytes; what does not fit is left away, whole characters of it.  Returns the
 * length.
 */
size_t json_quote(const char *bytes, size_t n, char *out, size_t size);

#endif
