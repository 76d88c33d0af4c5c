/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listings.  The root lists the groups as they were at opendir(3); a group
 * lists the keys held since before opendir, by the slots of its cache.  The
 * position of an entry is its slot and two more, for "." and "..".  That of the
 * reports is always the same.
 */
#include "fs/fs_priv.h"

#include "lib/clock.h"
#include "node/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_BATCH 64 /* keys copied under one hold of the group's lock */
/* The kernel answers EIO for the whole listing if it finds a longer one
 * (FUSE_NAME_MAX before Linux 6.14, and what it grants a FUSE mount since). */
#define LISTED_NAME_MAX 1024

struct listing {
	struct group **groups; /* the root's */
	size_t group_count;
	uint64_t mark; /* a group's */
};

/* A reply under construction. */
struct reply {
	fuse_req_t req;
	struct fs *fs;
	struct inode *dir;
	bool plus;
	size_t size, len;
	char *bytes;
};

static struct listing *listing_of(const struct fuse_file_info *fi)
{
	return (struct listing *)(uintptr_t)fi->fh;
}

static void listing_destroy(struct listing *l)
{
	if (l)
		node_groups_free(l->groups, l->group_count);
	free(l);
}

/* At opendir(3) and rewinddir(3); false without memory. */
static bool listing_begin(struct listing *l, struct fs *fs,
                          const struct inode *dir)
{
	node_groups_free(l->groups, l->group_count);
	*l = (struct listing){ .groups = NULL };
	if (dir->kind == INODE_GROUP) {
		l->mark = group_list_begin(dir->group);
		return true;
	}
	if (dir->kind == INODE_ABOUT)
		return true;
	l->groups = node_groups(fs->node, &l->group_count);
	return l->groups != NULL;
}

void fs_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct fs *fs = fs_of(req);
	struct listing *l = calloc(1, sizeof(*l));

	if (!l || !listing_begin(l, fs, fs_inode(fs, ino))) {
		listing_destroy(l);
		fuse_reply_err(req, ENOMEM);
		return;
	}
	fi->fh = (uintptr_t)l;
	if (fuse_reply_open(req, fi) == -ENOENT)
		listing_destroy(l);
}

void fs_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	listing_destroy(listing_of(fi));
	fuse_reply_err(req, 0);
}

/*
 * Adds an entry whose position in the listing is `off`; false if it does not
 * fit any more.  With `plus`, the lookup that `e` stands for is the kernel's
 * from then on, and taken back here if it does not fit.
 */
static bool reply_add(struct reply *r, const char *name,
                      const struct fuse_entry_param *e, off_t off)
{
	char *at = r->bytes + r->len;
	size_t left = r->size - r->len, n;

	n = r->plus ? fuse_add_direntry_plus(r->req, at, left, name, e, off)
	            : fuse_add_direntry(r->req, at, left, name, &e->attr, off);
	if (n > left)
		return false;
	r->len += n;
	return true;
}

/* "." and "..": no lookup is counted for them. */
static bool reply_add_dots(struct reply *r, off_t off)
{
	struct inode *up = r->dir->parent ? r->dir->parent : r->dir;
	struct fuse_entry_param e = { 0 };

	e.attr.st_mode = S_IFDIR;
	e.attr.st_ino = r->dir->number;
	if (off < 1 && !reply_add(r, ".", &e, 1))
		return false;
	e.attr.st_ino = up->number;
	return off >= 2 || reply_add(r, "..", &e, 2);
}

static bool reply_add_inode(struct reply *r, struct inode *i, const char *name,
                            int64_t until_ms, off_t off)
{
	struct fuse_entry_param e;
	bool fits;

	if (!i)
		return false;
	fs_entry(r->fs, i, until_ms, &e);
	fits = reply_add(r, name, &e, off);
	if (!fits || !r->plus)
		inode_forget(&r->fs->inodes, i, 1);
	return fits;
}

static void reply_groups(struct reply *r, const struct listing *l, size_t from)
{
	for (size_t n = from; n < l->group_count; n++) {
		struct group *g = l->groups[n];

		if (!reply_add_inode(r, inode_of_group(&r->fs->inodes, g),
		                     group_name(g), CLOCK_NEVER, (off_t)n + 3))
			return;
	}
}

/* Names alone, with no inode to them: a look at one renders it. */
static void reply_reports(struct reply *r, size_t from)
{
	struct fuse_entry_param e = { .attr.st_mode = S_IFREG };

	for (size_t n = 0; reports[n].name; n++) {
		if (n < from)
			continue;
		e.attr.st_ino = INODE_NUMBER_REPORTS + n;
		if (!reply_add(r, reports[n].name, &e, (off_t)n + 3))
			return;
	}
}

static bool reply_add_key(struct reply *r, const struct group_listed *k)
{
	struct fuse_entry_param e = { 0 };
	char name[3 * LISTED_NAME_MAX + 1];
	off_t off = (off_t)k->slot + 3;
	struct inode *i;
	size_t len = 0;

	if (k->key.len <= LISTED_NAME_MAX)
		len = key_to_name(k->key, name);
	if (len == 0 || len > LISTED_NAME_MAX)
		return true; /* it has no name the kernel would take */
	if (!r->plus) {
		e.attr.st_mode = S_IFREG;
		e.attr.st_ino = k->key.hash | 1;
		return reply_add(r, name, &e, off);
	}
	i = inode_of_name(&r->fs->inodes, r->dir, name);
	if (i)
		i = inode_bind(&r->fs->inodes, i, k->value);
	return reply_add_inode(r, i, name, k->until_ms, off);
}

static void reply_keys(struct reply *r, const struct listing *l, size_t from)
{
	struct group_listed keys[LISTED_BATCH];
	size_t count;
	bool fits = true;

	do {
		count = group_list(r->dir->group, from, l->mark, keys,
		                   LISTED_BATCH);
		for (size_t n = 0; n < count; n++) {
			fits = fits && reply_add_key(r, &keys[n]);
			from = keys[n].slot + 1;
			group_listed_release(&keys[n]);
		}
	} while (fits && count == LISTED_BATCH);
}

static void fs_list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                    const struct fuse_file_info *fi, bool plus)
{
	struct fs *fs = fs_of(req);
	size_t from = off < 2 ? 0 : (size_t)off - 2;
	struct reply r = { .req = req,
		           .fs = fs,
		           .dir = fs_inode(fs, ino),
		           .plus = plus,
		           .size = size,
		           .bytes = malloc(size) };

	if (!r.bytes ||
	    (off == 0 && !listing_begin(listing_of(fi), fs, r.dir))) {
		free(r.bytes);
		fuse_reply_err(req, ENOMEM);
		return;
	}
	if (reply_add_dots(&r, off)) {
		if (r.dir->kind == INODE_ROOT)
			reply_groups(&r, listing_of(fi), from);
		else if (r.dir->kind == INODE_ABOUT)
			reply_reports(&r, from);
		else
			reply_keys(&r, listing_of(fi), from);
	}
	fuse_reply_buf(req, r.bytes, r.len);
	free(r.bytes);
}

void fs_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                struct fuse_file_info *fi)
{
	fs_list(req, ino, size, off, fi, false);
}

void fs_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
                    struct fuse_file_info *fi)
{
	fs_list(req, ino, size, off, fi, true);
}
