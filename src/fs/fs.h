/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mount: a node's groups as directories, keys as files.
 *
 * No handler blocks.  A lookup answers at once; a request that needs a value
 * which is not held keeps its fuse_req_t and is answered by whoever completes
 * the load, the deadline or the interrupt.
 */
#ifndef DREAMFS_FS_H
#define DREAMFS_FS_H

#include "lib/reason.h"
#include "node/node.h"

struct fs;

struct fs_options {
	const char *mountpoint;
	const char *source;  /* what /proc/mounts shows */
	const char *options; /* libfuse's, comma-separated; NULL for none */
	bool clone_fd;
	unsigned int max_threads, max_idle_threads; /* 0: the default */
	/* Called once, on a thread of the node's, when the mount has answered
	 * that thread as it answers any program; not at all if it does not.
	 * `device` as in mountinfo.h. */
	void (*ready)(void *arg, const char *device);
	void *ready_arg;
};

/* Mounts.  0, or a negative errno with the reason; then nothing is left. */
int fs_create(struct fs **out, struct node *node,
              const struct fs_options *options, struct reason *why);
/* Answers requests until the mount is gone or fs_stop(); blocks.  Then it is
 * out of the tree.  0, or a negative errno: the session failed, or the mount
 * never answered. */
int fs_run(struct fs *fs);
/* After fs_run(); the node is still there. */
void fs_destroy(struct fs *fs);

/* Absolute; borrowed. */
const char *fs_mountpoint(const struct fs *fs);
/* Takes the mount out of the tree; who has files open keeps them. */
void fs_detach(struct fs *fs);
/* Lets fs_run() return; any thread. */
void fs_stop(struct fs *fs);
/* Requests that wait for a load right now. */
unsigned int fs_pending(struct fs *fs);

#endif
