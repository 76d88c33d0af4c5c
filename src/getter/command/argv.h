/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line, split into words once, with {key} and {group} filled in
 * for each run.
 *
 * Quoting is the shell's (POSIX XCU 2.2): backslash, '…' and "…"; nothing is
 * expanded, globbed or substituted, and `| > ; & $ #` are text like any
 * other.  Placeholders are replaced inside the words after splitting, quoted
 * or not, so a key is never anything but part of a word.  `{{key}}` is the
 * text {key}; every other brace stands for itself.
 */
#ifndef DREAMFS_ARGV_H
#define DREAMFS_ARGV_H

#include "lib/key.h"
#include "lib/reason.h"

struct argv {
	char **words; /* owned, one block, NULL-terminated */
	size_t count;
};

/* Splits; 0, or -EINVAL with the reason (open quote, no word at all or an
 * empty first one, a trailing backslash), or -ENOMEM. */
int argv_split(struct argv *a, const char *line, struct reason *why);
void argv_release(struct argv *a);

/* A filled-in copy, one block, NULL-terminated, for free(3); NULL and errno
 * EINVAL when the key holds a NUL byte and is used, or ENOMEM. */
char **argv_fill(const struct argv *a, const char *group, struct key key);

#endif
