/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the process behind a request is doing.
 *
 * With default_permissions the kernel refreshes a file's attributes before
 * it lets anyone read an extended attribute, and that request looks like any
 * stat(2).  Answering it by loading would make reading an xattr load the
 * value.  The caller's system call, from /proc/PID/syscall (proc(5)), tells
 * the two apart.  getfattr(1) stats the file besides, of its own accord; it
 * is known by its name.
 */
#ifndef DREAMFS_CALLER_H
#define DREAMFS_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

/* True if the thread `tid` waits in getxattr(2), listxattr(2) or one of their
 * kin, or is getfattr(1); false also when that cannot be found out. */
bool caller_reads_xattr(pid_t tid);

#endif
