/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/caller.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The caller may not have gone to sleep yet: /proc then says "running". */
#define TRIES 50

static bool is_xattr_call(long number)
{
	switch (number) {
	case SYS_getxattr:
	case SYS_lgetxattr:
	case SYS_fgetxattr:
	case SYS_listxattr:
	case SYS_llistxattr:
	case SYS_flistxattr:
	case SYS_removexattr:
	case SYS_lremovexattr:
	case SYS_setxattr:
	case SYS_lsetxattr:
		return true;
	default:
		return false;
	}
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

bool caller_reads_xattr(pid_t tid)
{
	char text[128];
	long number;

	if (proc_read(tid, "comm", text, sizeof(text)) &&
	    strcmp(text, "getfattr\n") == 0)
		return true;
	for (int i = 0; i < TRIES; i++) {
		if (!proc_read(tid, "syscall", text, sizeof(text)))
			return false;
		if (sscanf(text, "%ld", &number) == 1)
			return is_xattr_call(number);
		if (strncmp(text, "running", 7) != 0)
			return false;
		sched_yield();
	}
	return false;
}
