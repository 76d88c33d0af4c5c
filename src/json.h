/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* JSON strings: RFC 8259. */
#ifndef DREAMFS_JSON_H
#define DREAMFS_JSON_H

#include "buf.h"

/*
 * Appends the bytes as a string with its quotes, spelled as Go's encoding/json
 * does: each byte that is not part of valid UTF-8 becomes \ufffd; `<`, `>` and
 * `&`, which mean something in HTML, U+2028 and U+2029, which mean something
 * in JavaScript, and control characters are \uXXXX, but for \n, \r and \t.
 * 0 or a negative errno.
 */
int json_string(struct buf *out, const char *bytes, size_t n);

#endif
