/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What is mounted where: /proc/self/mountinfo (proc(5)), and unmounting. */
#ifndef DREAMFS_MOUNTINFO_H
#define DREAMFS_MOUNTINFO_H

#include <stdbool.h>

#define MOUNT_DEVICE_MAX 32

struct mount {
	char device[MOUNT_DEVICE_MAX]; /* "major:minor" */
	char type[64];                 /* "fuse.dreamfs" */
};

/* The topmost mount at exactly this absolute path; false if there is none. */
bool mountinfo_find(const char *path, struct mount *out);

/*
 * Asks the file system mounted at `path` how full it is (statfs(2)): no kernel
 * answers that by itself for FUSE.  Blocks until its daemon has answered.
 * 0; -ENOENT: another device ("" for any) is there now; or why it does not
 * answer, -ENOTCONN for a dead one.
 */
int mount_ask(const char *path, const char *device);

/* Takes the topmost mount at `path` out of the tree (lazily), as root or
 * through fusermount3.  0 or a negative errno. */
int mount_detach(const char *path);

#endif
