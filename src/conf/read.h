/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a configuration file and its includes with libconfuse into a tree.
 *
 * libconfuse keeps its lexer in globals, so only one thread may read at a
 * time.
 */
#ifndef DREAMFS_CONFREAD_H
#define DREAMFS_CONFREAD_H

#include "conf/tree.h"
#include "lib/reason.h"

/* Includes: how deep, and how many files in all. */
#define CONFREAD_DEPTH_MAX 16
#define CONFREAD_FILES_MAX 4096

/* Reads `path`, which is absolute; messages call it `name`.  0, or as
 * conf_load(); adds to the tree, which remains the caller's to release also
 * on failure. */
int confread_file(struct conftree *tree, const char *name, const char *path,
                  struct reason *why);

#endif
