/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What fs.c, fs_about.c, fs_wait.c, fs_dir.c and fs_xattr.c share. */
#ifndef DREAMFS_FS_PRIV_H
#define DREAMFS_FS_PRIV_H

#include "fs/fuse.h"

#include "fs/fs.h"
#include "fs/notifier.h"
#include "os/mountinfo.h"

#include <semaphore.h>

struct fs {
	struct fuse_session *session;
	struct fuse_loop_config *loop;
	struct node *node;
	struct inodes inodes;
	struct notifier *notifier;
	struct group_listener listener;
	char *mountpoint; /* absolute */
	char device[MOUNT_DEVICE_MAX];
	struct job greeting; /* finds out when the mount answers */
	atomic_int mute;     /* why it does not, a negative errno */
	sem_t greeted;       /* posted when that is over */
	pthread_t loop_thread;
	atomic_bool running;
	atomic_uint pending;
	uid_t uid; /* the daemon's: root and its attributes */
	gid_t gid;
	int64_t born_ns; /* mtime of directories */
	void (*ready)(void *arg, const char *device);
	void *ready_arg;
};

static inline struct fs *fs_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static inline struct inode *fs_inode(struct fs *fs, fuse_ino_t ino)
{
	return fuse_ino_get(&fs->inodes, ino);
}

/* How long the kernel may keep what cannot change. */
#define FS_FOREVER_SECONDS 86400.0

void fs_attr(struct fs *fs, const struct inode *i, struct stat *st);
/* What a lookup or a listing gives out for an inode: attributes, and for how
 * long the name may be believed. */
void fs_entry(struct fs *fs, struct inode *i, int64_t until_ms,
              struct fuse_entry_param *e);

/* Answers a lookup and keeps its count right. */
void fs_reply_entry(fuse_req_t req, struct inode *i, int64_t until_ms);

/* The kernel may forget the inode's name: nothing came of it. */
void fs_drop_name(struct fs *fs, struct inode *i);

/* The handlers (fs.c), and what they do when the session has begun. */
extern const struct fuse_lowlevel_ops fs_ops;
void fs_started(struct fs *fs);

/* fs_wait.c: requests that wait for a value. */
void fs_wait_attr(fuse_req_t req, struct inode *i, unsigned int want);
void fs_wait_read(fuse_req_t req, struct inode *i, size_t size, off_t off);
void fs_reply_read(fuse_req_t req, struct value *value, size_t size, off_t off);

/* fs_about.c: the directory of the reports. */
void fs_lookup_about(fuse_req_t req);
void fs_lookup_report(fuse_req_t req, struct inode *about, const char *name);

/* fs_dir.c */
void fs_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void fs_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                struct fuse_file_info *fi);
void fs_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                    struct fuse_file_info *fi);
void fs_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);

/* fs_xattr.c */
void fs_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void fs_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void fs_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
                 const char *text, size_t size, int flags);
void fs_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);

#endif
