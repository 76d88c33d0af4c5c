/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The -o options: ours, those of fstab(5) that mean nothing to us, and the
 * rest, which is libfuse's.  Its parser reads them: commas separate, a
 * backslash takes the next character as it is, or the byte of three octal
 * digits.
 */
#ifndef DREAMFS_MOUNTOPTS_H
#define DREAMFS_MOUNTOPTS_H

#include "lib/reason.h"

#include <stdbool.h>

struct mountopts {
	char *config; /* owned; config=FILE, or NULL */
	char *fuse;   /* owned; for libfuse, comma-separated, or NULL */
	bool allow_other;
	int clone_fd;                  /* 0 or 1 */
	unsigned int max_threads;      /* 0: libfuse's default */
	unsigned int max_idle_threads; /* 0: libfuse's default */
	struct reason *why;            /* of mountopts_add(), meanwhile */
};

void mountopts_release(struct mountopts *o);

/* Adds the options of one -o to what is zeroed at first.  0; a negative errno
 * with the reason: -EINVAL, -ENOMEM, -EFBIG for more than 64 KiB. */
int mountopts_add(struct mountopts *o, const char *text, struct reason *why);

#endif
