/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URL templates: RFC 6570 levels 1 and 2 with the variables key and group.
 *
 * `{key}` percent-encodes all but unreserved characters, `{+key}` keeps the
 * reserved ones ('/' above all) and %XX triplets.  Any other expression is
 * an error at parse time, as is one in the scheme, user or host part.
 *
 * A key must not lead out of the place the template names: an expansion
 * whose path gains a "." or ".." segment is refused.  For schemes whose
 * library decodes the path before use (file, ftp, sftp) the check is made on
 * the decoded path; otherwise only %2E counts as a dot.
 */
#ifndef DREAMFS_TEMPLATE_H
#define DREAMFS_TEMPLATE_H

#include "buf.h"
#include "key.h"
#include "reason.h"

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
