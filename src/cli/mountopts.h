/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The -o options: ours, those of fstab(5) that mean nothing to us, and the
 * rest, which is libfuse's.  Commas separate; a backslash takes the next
 * character as it is.
 */
#ifndef DREAMFS_MOUNTOPTS_H
#define DREAMFS_MOUNTOPTS_H

#include "lib/buf.h"
#include "lib/reason.h"

#include <stdbool.h>

struct mountopts {
	char *config;    /* owned; config=FILE, or NULL */
	struct buf fuse; /* for libfuse, comma-separated, NUL-terminated */
	bool allow_other;
	bool clone_fd;
	unsigned int max_threads;      /* 0: libfuse's default */
	unsigned int max_idle_threads; /* 0: libfuse's default */
};

void mountopts_init(struct mountopts *o);
void mountopts_release(struct mountopts *o);

/* Adds the options of one -o.  0; -EINVAL with the reason; -ENOMEM, -EFBIG. */
int mountopts_add(struct mountopts *o, const char *text, struct reason *why);

#endif
