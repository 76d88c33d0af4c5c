/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extended attributes: figures and switches, as text without a newline.  One
 * table a kind of inode says which there are; the group's counters follow
 * from counters.h.  Reading one never loads a value.
 */
#ifndef DREAMFS_ATTRIBUTE_H
#define DREAMFS_ATTRIBUTE_H

#include "fs/inode.h"
#include "lib/buf.h"
#include "node/node.h"

/* What the attributes of one inode are made from, taken once a request. */
struct subject {
	struct node *node;         /* borrowed */
	const struct inode *inode; /* borrowed */
	struct group_settings set; /* a group's */
	struct group_stats stats;  /* a group's */
	struct group_peek peek;    /* a key's */
};

void subject_init(struct subject *s, struct node *node, const struct inode *i);
void subject_release(struct subject *s);

struct attribute {
	const char *name; /* without the prefix */
	/* Appends the text; 0, -ENODATA when there is none just now, or
	 * another negative errno.  NULL: it can only be set. */
	int (*get)(const struct subject *s, struct buf *out);
	/* Changes it: 0, -EINVAL for a text that makes no sense, or another
	 * negative errno.  NULL: it can only be read. */
	int (*set)(struct group *g, const char *text);
	/* Without it there is none just now. */
	enum { ALWAYS, WITH_PEERS, WITH_VALUE } needs;
	/* Instead of get: where in the subject a uint64_t is; or 0. */
	size_t figure;
};

/* By the full name, "user.dreamfs.NAME"; NULL when there is none. */
const struct attribute *attribute_find(const struct inode *i, const char *name);
int attribute_get(const struct attribute *a, const struct subject *s,
                  struct buf *out);
/* Appends the full names of all that can be read, each with its NUL; 0 or a
 * negative errno. */
int attribute_list(const struct inode *i, struct node *node, struct buf *names);

#endif
