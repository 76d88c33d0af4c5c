/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many descriptors this process may have open (RLIMIT_NOFILE).
 *
 * The soft limit is low, usually 1024, for programs that use select(2) or go
 * through all possible descriptors; one that does neither raises it (systemd,
 * "File Descriptor Limits").  A node is such a program, its getters' commands
 * may not be.
 */
#ifndef DREAMFS_NOFILE_H
#define DREAMFS_NOFILE_H

#include <sys/types.h>

/* Raises the soft limit to the hard one.  Before any thread is started. */
void nofile_raise(void);
/* Gives a child of ours the soft limit that this process was started with. */
void nofile_restore(pid_t child);

#endif
