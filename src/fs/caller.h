/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the process behind a request is doing.
 *
 * With default_permissions the kernel refreshes a file's attributes before
 * it lets anyone read an extended attribute, and that request looks like any
 * stat(2): FUSE_GETATTR says nothing of its reason.  Answering it by loading
 * would make reading an xattr load the value; answering it without would let
 * open(2) find a missing key.  The caller's system call tells the two apart, as
 * proc_pid_syscall(5) shows it while the caller sleeps.  getfattr(1) stats the
 * file besides, of its own accord; it is known by its name.
 */
#ifndef DREAMFS_CALLER_H
#define DREAMFS_CALLER_H

#include <sys/types.h>

enum caller {
	CALLER_OTHER, /* or it cannot be found out */
	CALLER_XATTR, /* in getxattr(2), listxattr(2) or one of their kin */
	CALLER_AWAKE, /* has not gone to sleep yet: ask again */
};

/* Of the thread `tid`; takes some microseconds. */
enum caller caller_of(pid_t tid);

#endif
