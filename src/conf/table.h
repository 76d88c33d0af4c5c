/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every name that the configuration knows: what the node has, what each group
 * has, and what the getters say of themselves (getter/getter.h).
 *
 * To add one: a field in conf.h and a line in table.c; of a getter, in the
 * getter's own folder.  Where two have the same name the group's wins.
 */
#ifndef DREAMFS_CONFTABLE_H
#define DREAMFS_CONFTABLE_H

#include "lib/option/option.h"

/* The blocks in which they stand. */
enum confkind { CONFBLOCK_NODE, CONFBLOCK_DEFAULTS, CONFBLOCK_GROUP };

extern const struct option_def confnode_options[];  /* of struct conf_node */
extern const struct option_def confgroup_options[]; /* of struct conf_group */

/*
 * The first of that name that may stand in such a block, of whatever getter;
 * NULL: none.  Only a group may name its getter and source.
 */
const struct option_def *conftable_find(enum confkind kind, const char *name);

/* The names of all of them, NULL-terminated, some twice; the first
 * CONFTABLE_MAX if there are more.  Returns them. */
enum { CONFTABLE_MAX = 256 };
const char **conftable_names(enum confkind kind,
                             const char *names[CONFTABLE_MAX + 1]);

/* "url or redis": the getters that have an option of that name (NULL: any) and,
 * if that is asked, know what ttl = origin means. */
enum { CONFTABLE_GETTERS_MAX = 64 };
char *conftable_getters(const char *option, bool tells_ttl,
                        char out[CONFTABLE_GETTERS_MAX]);

#endif
