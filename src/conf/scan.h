/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file's text, made fit for libconfuse.
 *
 * libconfuse 3.3 reads our syntax but is lenient where a slip should be told,
 * and miscounts lines.  This pass, which knows tokens but no names, takes care
 * of what libconfuse
 *   - counts wrongly: each comment is one line too many, and comments inside
 *     lists are errors (here comments are blanked);
 *   - silently accepts: a block never closed, stray characters, a quote that
 *     swallows the following lines, a NUL byte that cuts a value, variables
 *     of the environment that are not set (here all are errors);
 *   - does not report: an empty list (here `{}` becomes `{''}`, and a list of
 *     one empty string is an empty list), where a block began;
 *   - leaks memory on: malformed function calls.
 * A byte order mark and the carriage returns of CRLF are dropped.
 */
#ifndef DREAMFS_CONFTEXT_H
#define DREAMFS_CONFTEXT_H

#include "lib/buf.h"
#include "lib/reason.h"

/* The largest file, far above any real one. */
#define CONFTEXT_MAX (4 << 20)

struct conftext {
	struct buf text;  /* as many lines as the original */
	struct buf lines; /* an int each: where block 0, 1, … began */
};

/* 0; -EINVAL with the reason and *line; -ENOMEM.  On failure `t` needs no
 * release. */
int conftext_init(struct conftext *t, const char *raw, size_t len, int *line,
                  struct reason *why);
void conftext_release(struct conftext *t);
/* The line of the block's opening brace. */
int conftext_block_line(const struct conftext *t, size_t block);

#endif
