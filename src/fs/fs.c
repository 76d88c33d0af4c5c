/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/fs_priv.h"

#include "lib/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define FS_NAME_MAX 255

/* ---- lookup ---- */

static void fs_lookup_group(fuse_req_t req, const char *name)
{
	struct fs *fs = fs_of(req);
	struct group *g = node_find_group(fs->node, name);

	if (g)
		fs_reply_entry(req, inode_of_group(&fs->inodes, g),
		               CLOCK_NEVER);
	else
		fuse_reply_err(req, ENOENT);
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
	value = group_find(dir->group, i->key, &until_ms, &stale);
	if (stale && caller_of(req) != CALLER_OTHER)
		until_ms = 0; /* the next one may want the value */
	else if (stale)
		group_renew(dir->group, i->key);
	i = inode_bind(&fs->inodes, i, value);
	value_unref(value);
	fs_reply_entry(req, i, until_ms);
}

static void fs_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fs *fs = fs_of(req);
	struct inode *dir = fs_inode(fs, parent);

	if (dir->kind == INODE_ROOT && strcmp(name, INODE_ABOUT_NAME) == 0)
		fs_reply_entry(req, inode_of_about(&fs->inodes), 0);
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

/* Only whoever reads an extended attribute is told of a key that it has no
 * size yet. */
static void fs_getattr(fuse_req_t req, fuse_ino_t ino,
                       struct fuse_file_info *fi)
{
	struct inode *i = fs_inode(fs_of(req), ino);

	(void)fi;
	if (i->kind != INODE_KEY || atomic_load(&i->value))
		fs_reply_attr(req, i);
	else
		fs_ask_caller(req, i);
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
	group_invalidate_everywhere(dir->group, i->key);
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
	node_groups_free(groups, count);
	st.f_blocks = (capacity + FS_BLOCK - 1) / FS_BLOCK;
	st.f_bfree = st.f_bavail =
	        st.f_blocks - (used + FS_BLOCK - 1) / FS_BLOCK;
	fuse_reply_statfs(req, &st);
}

/* ---- what is refused ---- */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define REFUSED(op, ...) \
	static void fs_##op(fuse_req_t req, __VA_ARGS__) \
	{ \
		fuse_reply_err(req, EROFS); \
	}

REFUSED(mknod, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
REFUSED(mkdir, fuse_ino_t parent, const char *name, mode_t mode)
REFUSED(rmdir, fuse_ino_t parent, const char *name)
REFUSED(symlink, const char *target, fuse_ino_t parent, const char *name)
REFUSED(link, fuse_ino_t ino, fuse_ino_t parent, const char *name)
REFUSED(rename, fuse_ino_t parent, const char *name, fuse_ino_t to,
        const char *to_name, unsigned int flags)
REFUSED(write, fuse_ino_t ino, const char *bytes, size_t size, off_t off,
        struct fuse_file_info *fi)
REFUSED(fallocate, fuse_ino_t ino, int mode, off_t off, off_t length,
        struct fuse_file_info *fi)
REFUSED(removexattr, fuse_ino_t ino, const char *name)

#undef REFUSED
#pragma GCC diagnostic pop

const struct fuse_lowlevel_ops fs_ops = {
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
