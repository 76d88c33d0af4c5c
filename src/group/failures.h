/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why keys failed lately, for people who ask (the xattr `error`): the last
 * FAILURES_MAX keys, forgotten when the key loads after all.  Failures are
 * never served from here.  The owner's lock protects it.
 */
#ifndef DREAMFS_FAILURES_H
#define DREAMFS_FAILURES_H

#include "lib/key.h"
#include "lib/list.h"
#include "lib/reason.h"

#include <stdbool.h>
#include <stddef.h>

#define FAILURES_MAX 128

struct failures {
	struct list_node list; /* the latest first */
	size_t count;
};

void failures_init(struct failures *f);
void failures_release(struct failures *f);

/* Without memory the reason is not remembered. */
void failures_add(struct failures *f, struct key key, const struct reason *why);
void failures_forget(struct failures *f, struct key key);
/* False: nothing is known. */
bool failures_find(const struct failures *f, struct key key,
                   struct reason *why);

#endif
