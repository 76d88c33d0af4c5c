/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel is told about an inode, and for how long. */
#include "fs/fs_priv.h"

#include "lib/clock.h"

#include <errno.h>
#include <sys/stat.h>

#define DIR_SECONDS  60.0
#define FILE_SECONDS 86400.0 /* a version never changes */

static void fs_attr(struct fs *fs, const struct inode *i, struct stat *st)
{
	const struct value *value = atomic_load(&i->value);
	int64_t mtime_ns = value ? value->mtime_ns : fs->born_ns;
	bool file = inode_is_file(i);

	*st = (struct stat){ .st_ino = i->number,
		             .st_mode = file ? S_IFREG | 0444 : S_IFDIR | 0755,
		             .st_nlink = file ? 1 : 2,
		             .st_uid = fs->uid,
		             .st_gid = fs->gid,
		             .st_blksize = FS_BLOCK };
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
	}
	st->st_mtim.tv_sec = mtime_ns / CLOCK_NS_PER_S;
	st->st_mtim.tv_nsec = mtime_ns % CLOCK_NS_PER_S;
	st->st_atim = st->st_ctim = st->st_mtim;
}

/* How long the attributes may be believed. */
static double attr_seconds(const struct inode *i)
{
	if (!inode_is_file(i))
		return DIR_SECONDS;
	return atomic_load(&i->value) ? FILE_SECONDS : 0;
}

/* How long the name may be: a report is rendered anew for each lookup. */
static double name_seconds(const struct inode *i, int64_t until_ms)
{
	int64_t cache, left;

	if (!inode_is_file(i))
		return DIR_SECONDS;
	if (i->kind == INODE_REPORT || !atomic_load(&i->value))
		return 0;
	cache = group_settings(i->group).kernel_cache_ms;
	left = until_ms - clock_now_ms();
	if (left < cache)
		cache = left > 0 ? left : 0;
	return (double)cache / 1000;
}

void fs_entry(struct fs *fs, const struct inode *i, int64_t until_ms,
              struct fuse_entry_param *e)
{
	*e = (struct fuse_entry_param){
		.ino = fuse_ino_of(i),
		.attr_timeout = attr_seconds(i),
		.entry_timeout = name_seconds(i, until_ms),
	};
	fs_attr(fs, i, &e->attr);
}

void fs_reply_attr(fuse_req_t req, const struct inode *i)
{
	struct stat st;

	fs_attr(fs_of(req), i, &st);
	fuse_reply_attr(req, &st, attr_seconds(i));
}

void fs_drop_name(struct fs *fs, struct inode *i)
{
	struct list_node list;

	list_init(&list);
	if (inode_collect(&fs->inodes, i, &list))
		notifier_push(fs->notifier, &list);
}

/* -ENOENT from the reply: the caller was interrupted and never got it. */
void fs_reply_entry(fuse_req_t req, struct inode *i, int64_t until_ms)
{
	struct fs *fs = fs_of(req);
	struct fuse_entry_param e;

	if (!i) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	fs_entry(fs, i, until_ms, &e);
	if (fuse_reply_entry(req, &e) == -ENOENT)
		inode_forget(&fs->inodes, i, 1);
}
