/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration file and its includes say, as a tree of blocks and
 * settings with the places they stand at, before it is given a meaning.
 * Names and blocks are known ones and occur once; values are raw text.
 */
#ifndef DREAMFS_CONFTREE_H
#define DREAMFS_CONFTREE_H

#include "conf/table.h"
#include "lib/option/type.h"
#include "lib/reason.h"

#include <sys/types.h>

struct conffile {
	char *name; /* as messages show it */
	char *dir;  /* where its relative paths start from: absolute, without
		       a slash at the end; "" is the root */
	dev_t dev;  /* which file it is, to find include loops */
	ino_t ino;
	struct conffile *next;
};

/* Where something stands, for messages. */
struct confplace {
	const struct conffile *file; /* borrowed from the tree */
	int line;                    /* 0: none is shown */
};

struct confsaid {
	const struct option_def *opt; /* the first of its name, see table.h */
	struct confplace at;
	struct option_list values;
};

struct confblock {
	enum confkind kind;
	char *title; /* a group's name, else "" */
	struct confplace at;
	struct confsaid *said; /* in the order of the text */
	size_t count;
	struct confblock *next;
};

struct conftree {
	struct conffile *files; /* each once per inclusion; the first is the
	                           one that was asked for */
	struct conffile **files_end;
	size_t file_count;
	struct confblock *blocks; /* in the order of the text */
	struct confblock **blocks_end;
};

/* Starts empty. */
void conftree_init(struct conftree *tree);
void conftree_release(struct conftree *tree);

/* These return NULL without memory: then all that is left to do with the tree
 * is to release it.  Strings are copied. */
struct conffile *conftree_add_file(struct conftree *tree, const char *name,
                                   const char *dir);
struct confblock *conftree_add_block(struct conftree *tree, enum confkind kind,
                                     const char *title, struct confplace at);
/* Of an option that the block has not said; until the next one is added. */
struct confsaid *confblock_add_said(struct confblock *block,
                                    const struct option_def *opt,
                                    struct confplace at);

/* By kind and title; by name in a block, which may be NULL.  NULL when there is
 * none. */
struct confblock *conftree_find(const struct conftree *tree, enum confkind kind,
                                const char *title);
struct confsaid *confblock_find(const struct confblock *block,
                                const char *name);

/* Sets the reason to "FILE:LINE: …" and returns `err`. */
int confplace_fail(struct confplace at, int err, struct reason *why,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
