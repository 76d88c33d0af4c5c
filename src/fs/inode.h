/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inodes: what the kernel knows of us.
 *
 * A file's inode is one version of one value.  It begins unresolved, without
 * a value, when a name is looked up that is not held; it is resolved once and
 * then never changes, so whoever has the file open keeps that version.  It
 * holds a reference on the value until the kernel forgets the inode.
 *
 * At most one inode a name is current: the one that a lookup returns.  A new
 * version makes a new inode current; the old one lives on for those who have
 * it.  Names that decode to the same key have inodes of their own, so that
 * each inode has exactly one name to tell the kernel about.
 *
 * A report (report.h) is rendered anew for each lookup: an inode of its own
 * with that text for a value, of which no lookup ever finds out again.
 *
 * The kernel's name for an inode is its address; st_ino is a number that is
 * never used again.  Reports alone keep theirs from one text to the next, like
 * files of proc(5): cp(1) will not copy a file that is another one by the time
 * it is opened.
 *
 * All calls are thread-safe.  An inode passed in is kept alive by the kernel
 * (between lookup and forget) or by a pin.
 */
#ifndef DREAMFS_INODE_H
#define DREAMFS_INODE_H

#include "group/group.h"
#include "lib/list.h"
#include "lib/table.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum inode_kind {
	INODE_ROOT,
	INODE_GROUP,
	INODE_KEY,
	INODE_ABOUT, /* the directory of the reports */
	INODE_REPORT,
};

#define INODE_ABOUT_NAME ".dreamfs" /* no group's name begins so */

/* st_ino of what is not numbered as it comes. */
#define INODE_NUMBER_ROOT    1
#define INODE_NUMBER_ABOUT   2
#define INODE_NUMBER_REPORTS 16 /* of the first; the others follow */
#define INODE_NUMBER_OTHERS  64

/* Bytes of reports that are open or being read, all together. */
#define INODE_REPORTS_MAX (64UL << 20)

struct inode {
	/* fixed at creation */
	enum inode_kind kind;
	uint64_t number;      /* st_ino */
	struct group *group;  /* a reference; groups and keys have one */
	struct inode *parent; /* pinned; NULL for the root */
	size_t name_len;
	struct key key; /* decoded; the empty one for directories */
	/* set once; the reference is the inode's */
	struct value *_Atomic value;
	/* under the table's lock */
	struct table_node node; /* linked while current */
	struct list_node all_node;
	struct list_node queued_node;
	uint64_t lookups; /* the kernel's references */
	unsigned int pins;
	bool current;
	bool queued; /* waits for the notifier, pinned */
	char name[]; /* as it was looked up, NUL-terminated */
};

struct inodes {
	pthread_mutex_t lock;
	struct table table; /* the current ones, by group and key */
	struct list_node all;
	uint64_t next_number;
	size_t report_bytes;
	struct inode *root;
};

/* 0 or -ENOMEM. */
int inodes_init(struct inodes *t);
/* The kernel is gone: forgets everything. */
void inodes_release(struct inodes *t);

/* The group's directory, a file in directory `dir`, the directory of the
 * reports: finds the current inode of that name or makes one; one lookup more.
 * NULL without memory. */
struct inode *inode_of_group(struct inodes *t, struct group *group);
struct inode *inode_of_name(struct inodes *t, struct inode *dir,
                            const char *name);
struct inode *inode_of_about(struct inodes *t);
/*
 * A new inode in that directory; one lookup.  `index` is the report's place in
 * the table.  Takes a reference on the value.  0, -ENOMEM, or -ENFILE when
 * INODE_REPORTS_MAX would be exceeded.
 */
int inode_of_report(struct inodes *t, struct inode *about, size_t index,
                    const char *name, struct value *value, struct inode **out);
void inode_forget(struct inodes *t, struct inode *i, uint64_t lookups);

void inode_pin(struct inodes *t, struct inode *i);
void inode_unpin(struct inodes *t, struct inode *i);

static inline bool inode_is_file(const struct inode *i)
{
	return i->kind == INODE_KEY || i->kind == INODE_REPORT;
}

/*
 * The inode to give out for its name: for a value that is held the one that has
 * it, with value NULL (nothing is held) an unresolved one.  Resolves the inode
 * if it has no value yet; if it has another one, makes a new inode current and
 * moves the lookup there.  NULL without memory (the lookup is then undone).
 */
struct inode *inode_bind(struct inodes *t, struct inode *i,
                         struct value *value);

/* Resolves an inode whose value was loaded.  Nothing happens if it has one. */
void inode_resolve(struct inodes *t, struct inode *i, struct value *value);

/* Collects, for the notifier, what the kernel may know of a key (or, with
 * data NULL, of all keys of the group): puts the inodes on `out`, each pinned
 * and marked queued. */
void inodes_collect(struct inodes *t, struct group *group, struct key key,
                    struct list_node *out);
/* The same for one inode; false if it is queued already. */
bool inode_collect(struct inodes *t, struct inode *i, struct list_node *out);
/* The notifier has it: it may be queued again.  The pin stays. */
void inode_dequeued(struct inodes *t, struct inode *i);

#endif
