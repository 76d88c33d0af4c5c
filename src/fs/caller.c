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
#include "fs/fs_priv.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.13's, the same on all processors; setxattrat, getxattrat,
 * listxattrat, removexattrat. */
#define NR_SETXATTRAT    463
#define NR_REMOVEXATTRAT 466

static bool is_xattr_call(long number)
{
	static const long calls[] = {
		SYS_getxattr,    SYS_lgetxattr,    SYS_fgetxattr,
		SYS_setxattr,    SYS_lsetxattr,    SYS_fsetxattr,
		SYS_listxattr,   SYS_llistxattr,   SYS_flistxattr,
		SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
	};

	for (size_t n = 0; n < sizeof(calls) / sizeof(*calls); n++)
		if (calls[n] == number)
			return true;
	return number >= NR_SETXATTRAT && number <= NR_REMOVEXATTRAT;
}

/* The bytes of /proc/TID/NAME, NUL-terminated; false if there are none. */
static bool proc_read(pid_t tid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* "NUMBER ARGUMENT… SP PC", "running", or "-1 SP PC" outside of calls.  A stack
 * in the first 4 GiB is that of a 32-bit program, which has other numbers. */
enum caller caller_of(fuse_req_t req)
{
	pid_t tid = fuse_req_ctx(req)->pid;
	unsigned long long sp;
	char text[256];
	long number;

	if (proc_read(tid, "comm", text, sizeof(text)) &&
	    strcmp(text, "getfattr\n") == 0)
		return CALLER_XATTR;
	if (!proc_read(tid, "syscall", text, sizeof(text)))
		return CALLER_OTHER;
	if (strncmp(text, "running", 7) == 0)
		return CALLER_AWAKE;
	if (sscanf(text, "%ld %*s %*s %*s %*s %*s %*s %llx", &number, &sp) != 2)
		return CALLER_OTHER;
	if (sizeof(long) > 4 && sp <= UINT32_MAX)
		return CALLER_OTHER;
	return is_xattr_call(number) ? CALLER_XATTR : CALLER_OTHER;
}
