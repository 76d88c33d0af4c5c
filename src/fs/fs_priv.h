/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of fs/ share that speak to the kernel, from the top down:
 * session.c (the mount's life) has the table of fs.c (the operations), which
 * are in wait.c (requests that wait for a value), dir.c, reports.c and xattr.c;
 * all of them answer by entry.c.  Included first, for libfuse's version.
 */
#ifndef DREAMFS_FS_PRIV_H
#define DREAMFS_FS_PRIV_H

#define FUSE_USE_VERSION 314

#include "fs/fs.h"
#include "fs/inode.h"
#include "fs/notifier.h"
#include "os/mountinfo.h"

#include <fuse_lowlevel.h>
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
	struct job probe;     /* finds out when the mount answers */
	atomic_int probe_err; /* why it does not, a negative errno */
	sem_t probed;         /* posted when that is over */
	pthread_t loop_thread;
	atomic_bool running;
	atomic_bool stopped;  /* by us, not by the kernel */
	atomic_bool detached; /* from the tree, or so asked */
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

/* The kernel calls an inode by its address, the root by 1. */
static inline fuse_ino_t fuse_ino_of(const struct inode *i)
{
	return i->kind == INODE_ROOT ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)i;
}

static inline struct inode *fs_inode(struct fs *fs, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? fs->inodes.root
	                           : (struct inode *)(uintptr_t)ino;
}

#define FS_BLOCK 4096

/* ---- entry.c ---- */

/* What a lookup or a listing gives out for an inode: attributes, and for how
 * long they and the name may be believed, the name until `until_ms` at most. */
void fs_entry(struct fs *fs, const struct inode *i, int64_t until_ms,
              struct fuse_entry_param *e);
void fs_reply_attr(fuse_req_t req, const struct inode *i);
/* Answers a lookup and keeps its count right; NULL: there was no memory. */
void fs_reply_entry(fuse_req_t req, struct inode *i, int64_t until_ms);
/* The kernel may forget the inode's name: nothing came of it. */
void fs_drop_name(struct fs *fs, struct inode *i);

/* ---- caller.c ---- */

enum caller {
	CALLER_OTHER, /* or it cannot be found out */
	CALLER_XATTR, /* in getxattr(2), listxattr(2) or one of their kin */
	CALLER_AWAKE, /* has not gone to sleep yet: ask again */
};

/* What the thread behind a request is doing; takes some microseconds. */
enum caller caller_of(fuse_req_t req);

/* ---- wait.c ---- */

void fs_wait_attr(fuse_req_t req, struct inode *i, unsigned int want);
void fs_wait_read(fuse_req_t req, struct inode *i, size_t size, off_t off);
void fs_reply_read(fuse_req_t req, struct value *value, size_t size, off_t off);
/* Attributes of a key without a value: loads it, unless the caller only reads
 * an extended attribute. */
void fs_ask_caller(fuse_req_t req, struct inode *i);

/* ---- fs.c ---- */

extern const struct fuse_lowlevel_ops fs_ops;

/* ---- reports.c ---- */

void fs_lookup_report(fuse_req_t req, struct inode *about, const char *name);

/* ---- dir.c ---- */

void fs_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void fs_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                struct fuse_file_info *fi);
void fs_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                    struct fuse_file_info *fi);
void fs_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);

/* ---- xattr.c ---- */

void fs_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void fs_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void fs_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
                 const char *text, size_t size, int flags);

#endif
