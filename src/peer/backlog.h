/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invalidations on their way to one peer, oldest first.
 *
 * The queue has a maximum.  A notice that does not fit turns the notices of
 * its group into one for the whole group: nothing stale survives, at the
 * price of some loads.  Groups come from our configuration, so those are few.
 *
 * The owner's lock protects it.
 */
#ifndef DREAMFS_BACKLOG_H
#define DREAMFS_BACKLOG_H

#include "lib/key.h"
#include "lib/list.h"

/* One block, for free(3). */
struct notice {
	struct list_node node;
	struct key key; /* the empty one, too, for the whole group */
	bool whole;
	char *group; /* behind the key's bytes */
	char bytes[];
};

struct backlog {
	struct list_node queue;
	size_t count, max;
};

void backlog_init(struct backlog *b, size_t max);
void backlog_release(struct backlog *b);

/* key.data NULL: the whole group.  False without memory. */
bool backlog_add(struct backlog *b, const char *group, struct key key);
/* The oldest, which is the caller's then; NULL without any. */
struct notice *backlog_take(struct backlog *b);
/* Puts it back in front. */
void backlog_return(struct backlog *b, struct notice *n);

#endif
