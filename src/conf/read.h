/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a configuration file and its includes into a tree.
 *
 *     file    = { block | "include" "(" text ")" }
 *     block   = ( "node" | "defaults" | "group" text ) "{" { setting } "}"
 *     setting = word "=" ( text | "{" [ text { "," text } [ "," ] ] "}" )
 *
 * by recursive descent: a function for each of these, and scan.h for what a
 * text is.  An empty list is {} or ''.
 */
#ifndef DREAMFS_CONFREAD_H
#define DREAMFS_CONFREAD_H

#include "conf/tree.h"
#include "lib/reason.h"

/* The largest file, far above any real one. */
#define CONFREAD_MAX ((size_t)4 << 20)
/* Includes: how deep, and how many files in all. */
#define CONFREAD_DEPTH_MAX 16
#define CONFREAD_FILES_MAX 4096

/* Reads `path`, which is absolute; messages call it `name`.  0, or as
 * conf_load(), with the first error in the order of the text; adds to the
 * tree, which remains the caller's to release also on failure. */
int confread_file(struct conftree *tree, const char *name, const char *path,
                  struct reason *why);

#endif
