/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a key is called in Redis: "PREFIX:{key}".
 *
 * `{key}` and `{group}` are replaced by their bytes as they are; `{{` and
 * `}}` stand for single braces, which have a meaning in a cluster:
 * "{{{key}}}:profile" is "{joe}:profile".  Any other brace is an error, as
 * is a template without {key}.
 */
#ifndef DREAMFS_REDISKEY_H
#define DREAMFS_REDISKEY_H

#include "lib/buf.h"
#include "lib/key.h"
#include "lib/reason.h"

/* 0, or -EINVAL with the reason. */
int rediskey_check(const char *template, struct reason *why);

/* Appends the name.  Of a template that was checked.  0, -EFBIG, -ENOMEM. */
int rediskey_expand(const char *template, const char *group, struct key key,
                    struct buf *out);

#endif
