/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URL templates: RFC 6570 levels 1 and 2 with the variables key and group.
 *
 * `{key}` percent-encodes all but unreserved characters, `{+key}` keeps the
 * reserved ones `:/?[]@!$&'()*+,;=` and %XX triplets; so with {+key} a '?' in
 * a key begins the query.  Unlike the RFC it encodes '#': a fragment is never
 * sent, and the keys "a#b" and "a" would be the same.  Any other expression is
 * an error at parse time, as is one in the scheme, user or host part, a
 * template without {key}, and a "." or ".." segment in the template itself.
 *
 * A key must not lead out of the place the template names: an expansion
 * whose path has a "." or ".." segment is refused.  For schemes whose
 * library decodes the path before use (file, ftp, sftp) the check is made on
 * the decoded path, in which '?' and '#' only end segments; otherwise only
 * %2E counts as a dot.  What follows a ';' in a segment is no part of it, as
 * some servers see it.
 */
#ifndef DREAMFS_TEMPLATE_H
#define DREAMFS_TEMPLATE_H

#include "lib/buf.h"
#include "lib/key.h"
#include "lib/reason.h"

struct template; /* immutable after creation, shared by threads */

/* 0 and *out; -EINVAL with the reason; -ENOMEM. */
int template_create(struct template **out, const char *text,
                    struct reason *why);
void template_destroy(struct template *t);

/* Lower case, without colon: "https".  Borrowed. */
const char *template_scheme(const struct template *t);

/* Appends the URL and a NUL that is not counted.  0; -ENOENT when the key
 * would leave the template's place; -EFBIG, -ENOMEM. */
int template_expand(const struct template *t, const char *group, struct key key,
                    struct buf *url);

#endif
