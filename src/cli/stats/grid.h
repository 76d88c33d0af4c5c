/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of text in aligned columns, for a terminal or a file.  What is shown is
 * safe to show: control characters, and bytes that are no text in the locale,
 * are '?'.
 */
#ifndef DREAMFS_CLI_GRID_H
#define DREAMFS_CLI_GRID_H

#include "lib/buf.h"

#include <stdint.h>

#define GRID_WIDE SIZE_MAX /* as wide as it has to be */

struct grid {
	const char *align; /* 'l' or 'r', a letter a column; borrowed */
	size_t columns;
	char **cells; /* owned */
	size_t count, room;
};

void grid_init(struct grid *g, const char *align);
void grid_release(struct grid *g);
/* The next cell, row by row; 0 or -ENOMEM. */
int grid_add(struct grid *g, const char *text, size_t len);
/* Appends a line a row.  If they are wider than `width`, the cells of the
 * first column are cut, but not below a few characters.  0 or a negative
 * errno. */
int grid_print(const struct grid *g, size_t width, struct buf *out);

/* Appends the text as it is safe to show, cut to `width` columns, the last of
 * which then tells so; 0 or a negative errno. */
int grid_text(const char *text, size_t len, size_t width, struct buf *out);

#endif
