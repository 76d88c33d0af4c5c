/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/fs_priv.h"

#include "fs/caller.h"
#include "lib/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define FS_BLOCK       4096
#define FS_NAME_MAX    255
#define MAX_BACKGROUND 4096 /* asynchronous reads under way at once */
#define DIR_SECONDS    60.0 /* the kernel may keep a directory's attributes */

/* ---- attributes ---- */

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / 1000000000,
		                  .tv_nsec = ns % 1000000000 };
}

void fs_attr(struct fs *fs, const struct inode *i, struct stat *st)
{
	const struct value *value = atomic_load(&i->value);

	*st = (struct stat){ .st_ino = i->number,
		             .st_mode = S_IFDIR | 0755,
		             .st_nlink = 2,
		             .st_uid = fs->uid,
		             .st_gid = fs->gid,
		             .st_blksize = FS_BLOCK };
	st->st_mtim = timespec_of(fs->born_ns);
	if (inode_is_file(i)) {
		st->st_mode = S_IFREG | 0444;
		st->st_nlink = 1;
	}
	if (i->group) {
		struct group_settings s = group_settings(i->group);

		st->st_uid = s.uid;
		st->st_gid = s.gid;
		if (i->kind == INODE_KEY)
			st->st_mode = S_IFREG | s.mode;
	}
	if (value) {
		st->st_size = (off_t)value->size;
		st->st_blocks = (blkcnt_t)((value->size + 511) / 512);
		st->st_mtim = timespec_of(value->mtime_ns);
	}
	st->st_atim = st->st_ctim = st->st_mtim;
}

void fs_entry(struct fs *fs, struct inode *i, int64_t until_ms,
              struct fuse_entry_param *e)
{
	*e = (struct fuse_entry_param){ .ino = fuse_ino_of(i) };
	fs_attr(fs, i, &e->attr);
	if (!inode_is_file(i)) {
		e->attr_timeout = e->entry_timeout = DIR_SECONDS;
	} else if (i->kind == INODE_REPORT) {
		e->attr_timeout = FS_FOREVER_SECONDS;
	} else if (atomic_load(&i->value)) {
		int64_t cache = group_settings(i->group).kernel_cache_ms;
		int64_t left = until_ms - clock_now_ms();

		if (left < cache)
			cache = left > 0 ? left : 0;
		e->attr_timeout = FS_FOREVER_SECONDS;
		e->entry_timeout = (double)cache / 1000;
	}
}

void fs_drop_name(struct fs *fs, struct inode *i)
{
	struct list_node list;

	list_init(&list);
	if (inode_collect(&fs->inodes, i, &list))
		notifier_push(fs->notifier, &list);
}

/* ---- lookup ---- */

/* -ENOENT from the reply: the caller was interrupted and never got it. */
void fs_reply_entry(fuse_req_t req, struct inode *i, int64_t until_ms)
{
	struct fs *fs = fs_of(req);
	struct fuse_entry_param e;

	fs_entry(fs, i, until_ms, &e);
	if (fuse_reply_entry(req, &e) == -ENOENT)
		inode_forget(&fs->inodes, i, 1);
}

static void fs_lookup_group(fuse_req_t req, const char *name)
{
	struct fs *fs = fs_of(req);
	struct group *g = node_find_group(fs->node, name);
	struct inode *i = g ? inode_of_group(&fs->inodes, g) : NULL;

	if (i)
		fs_reply_entry(req, i, CLOCK_NEVER);
	else
		fuse_reply_err(req, g ? ENOMEM : ENOENT);
	group_unref(g);
}

/*
 * Never waits: the kernel holds the directory's lock.  (A stale value is given
 * out, which may start a load in the background, unless only an attribute is
 * wanted.)  The inode is found or made before the cache is asked, so that
 * whatever leaves the cache from then on finds it and has the kernel told.
 */
static void fs_lookup_key(fuse_req_t req, struct inode *dir, const char *name)
{
	struct fs *fs = fs_of(req);
	struct inode *i = inode_of_name(&fs->inodes, dir, name);
	int64_t until_ms = 0;
	struct value *value;
	bool stale;

	if (!i) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	value = group_find(dir->group, inode_key(i), &until_ms, &stale);
	if (stale && caller_reads_xattr(fuse_req_ctx(req)->pid))
		until_ms = 0; /* the next one may want the value */
	else if (stale)
		group_renew(dir->group, inode_key(i));
	i = value ? inode_bind(&fs->inodes, i, value)
	          : inode_unbind(&fs->inodes, i);
	value_unref(value);
	if (i)
		fs_reply_entry(req, i, until_ms);
	else
		fuse_reply_err(req, ENOMEM);
}

static void fs_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct inode *dir = fs_inode(fs_of(req), parent);

	if (dir->kind == INODE_ROOT && strcmp(name, INODE_ABOUT_NAME) == 0)
		fs_lookup_about(req);
	else if (dir->kind == INODE_ROOT)
		fs_lookup_group(req, name);
	else if (dir->kind == INODE_ABOUT)
		fs_lookup_report(req, dir, name);
	else if (dir->kind == INODE_GROUP)
		fs_lookup_key(req, dir, name);
	else
		fuse_reply_err(req, ENOTDIR);
}

static void fs_forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups)
{
	struct fs *fs = fs_of(req);

	inode_forget(&fs->inodes, fs_inode(fs, ino), lookups);
	fuse_reply_none(req);
}

static void fs_forget_multi(fuse_req_t req, size_t count,
                            struct fuse_forget_data *forgets)
{
	struct fs *fs = fs_of(req);

	for (size_t n = 0; n < count; n++)
		inode_forget(&fs->inodes, fs_inode(fs, forgets[n].ino),
		             forgets[n].nlookup);
	fuse_reply_none(req);
}

/* ---- files ---- */

static void fs_getattr(fuse_req_t req, fuse_ino_t ino,
                       struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	struct inode *i = fs_inode(fs, ino);
	bool resolved = i->kind != INODE_KEY || atomic_load(&i->value);
	struct stat st;

	(void)fi;
	if (!resolved && !caller_reads_xattr(fuse_req_ctx(req)->pid)) {
		fs_wait_attr(req, i, GROUP_HELD_OR_LOAD);
		return;
	}
	fs_attr(fs, i, &st);
	fuse_reply_attr(req, &st,
	                !resolved          ? 0
	                : inode_is_file(i) ? FS_FOREVER_SECONDS
	                                   : DIR_SECONDS);
}

/* touch(1) refreshes a key; nothing else can be changed. */
static void fs_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr,
                       int to_set, struct fuse_file_info *fi)
{
	const int now = FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW;
	const int touch = now | FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME |
	                  FUSE_SET_ATTR_CTIME;
	struct inode *i = fs_inode(fs_of(req), ino);

	(void)attr;
	(void)fi;
	if (i->kind == INODE_KEY && to_set & now && !(to_set & ~touch))
		fs_wait_attr(req, i, GROUP_REFRESH);
	else
		fuse_reply_err(req, EROFS);
}

static void fs_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                    struct fuse_file_info *fi)
{
	struct inode *i = fs_inode(fs_of(req), ino);
	struct value *value = atomic_load(&i->value);

	(void)fi;
	if (value)
		fs_reply_read(req, value, size, off);
	else if (i->kind == INODE_KEY)
		fs_wait_read(req, i, size, off);
	else
		fuse_reply_err(req, EISDIR);
}

/* "No open handler": from now on the kernel opens and reads by itself, and
 * asks only for what it does not have. */
static void fs_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	fuse_reply_err(req, ENOSYS);
}

static void fs_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fs *fs = fs_of(req);
	struct inode *dir = fs_inode(fs, parent), *i;

	if (dir->kind != INODE_GROUP) {
		fuse_reply_err(req, EROFS);
		return;
	}
	i = inode_of_name(&fs->inodes, dir, name);
	if (!i) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	group_invalidate_everywhere(dir->group, inode_key(i));
	inode_forget(&fs->inodes, i, 1);
	fuse_reply_err(req, 0);
}

static void fs_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct fs *fs = fs_of(req);
	struct statvfs st = { .f_bsize = FS_BLOCK,
		              .f_frsize = FS_BLOCK,
		              .f_namemax = FS_NAME_MAX };
	uint64_t used = 0, capacity = 0;
	size_t count;
	struct group **groups = node_groups(fs->node, &count);

	(void)ino;
	for (size_t n = 0; groups && n < count; n++) {
		struct group_stats s = group_stats(groups[n]);

		used += s.bytes;
		capacity += s.capacity;
		st.f_files += s.items;
	}
	node_groups_free(groups, groups ? count : 0);
	st.f_blocks = (capacity + FS_BLOCK - 1) / FS_BLOCK;
	st.f_bfree = st.f_bavail =
	        st.f_blocks - (used + FS_BLOCK - 1) / FS_BLOCK;
	fuse_reply_statfs(req, &st);
}

/* ---- what is refused ---- */

static void fs_mknod(fuse_req_t req, fuse_ino_t parent, const char *name,
                     mode_t mode, dev_t rdev)
{
	(void)parent, (void)name, (void)mode, (void)rdev;
	fuse_reply_err(req, EROFS);
}

static void fs_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name,
                     mode_t mode)
{
	fs_mknod(req, parent, name, mode, 0);
}

static void fs_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	fs_mknod(req, parent, name, 0, 0);
}

static void fs_symlink(fuse_req_t req, const char *target, fuse_ino_t parent,
                       const char *name)
{
	(void)target;
	fs_mknod(req, parent, name, 0, 0);
}

static void fs_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
                      fuse_ino_t to, const char *to_name, unsigned int flags)
{
	(void)to, (void)to_name, (void)flags;
	fs_mknod(req, parent, name, 0, 0);
}

static void fs_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent,
                    const char *name)
{
	(void)ino;
	fs_mknod(req, parent, name, 0, 0);
}

static void fs_write(fuse_req_t req, fuse_ino_t ino, const char *bytes,
                     size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino, (void)bytes, (void)size, (void)off, (void)fi;
	fuse_reply_err(req, EROFS);
}

static void fs_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off,
                         off_t length, struct fuse_file_info *fi)
{
	(void)mode, (void)length;
	fs_write(req, ino, NULL, 0, off, fi);
}

/* ---- session ---- */

static void fs_init(void *userdata, struct fuse_conn_info *conn)
{
	struct fs *fs = userdata;

	conn->max_background = MAX_BACKGROUND;
	conn->congestion_threshold = MAX_BACKGROUND * 3 / 4;
	/* An inode's bytes never change: no need to look at its mtime. */
	conn->want &= ~(unsigned int)FUSE_CAP_AUTO_INVAL_DATA;
	fs_started(fs);
}

const struct fuse_lowlevel_ops fs_ops = {
	.init = fs_init,
	.lookup = fs_lookup,
	.forget = fs_forget,
	.forget_multi = fs_forget_multi,
	.getattr = fs_getattr,
	.setattr = fs_setattr,
	.open = fs_open,
	.read = fs_read,
	.unlink = fs_unlink,
	.statfs = fs_statfs,
	.opendir = fs_opendir,
	.readdir = fs_readdir,
	.readdirplus = fs_readdirplus,
	.releasedir = fs_releasedir,
	.getxattr = fs_getxattr,
	.listxattr = fs_listxattr,
	.setxattr = fs_setxattr,
	.removexattr = fs_removexattr,
	.mknod = fs_mknod,
	.mkdir = fs_mkdir,
	.rmdir = fs_rmdir,
	.symlink = fs_symlink,
	.rename = fs_rename,
	.link = fs_link,
	.write = fs_write,
	.fallocate = fs_fallocate,
};
