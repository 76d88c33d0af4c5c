/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups from the words of `-g NAME=GETTER: SOURCE`, as if a file had said
 * group NAME { GETTER = "SOURCE" }.
 */
#ifndef DREAMFS_CONFWORD_H
#define DREAMFS_CONFWORD_H

#include "conf/tree.h"
#include "getter/getter.h"

/* Adds the word's group; relative paths start from `dir`.  0; -EINVAL with the
 * reason, which begins with -g and the word; -ENOMEM. */
int confword_add(struct conftree *tree, const char *word, const char *dir,
                 struct reason *why);

/* The getter of that name; NULL with the reason. */
const struct getter_ops *confword_getter(const char *name, struct reason *why);

#endif
