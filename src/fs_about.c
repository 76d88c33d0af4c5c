/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reports as files.  A lookup renders one, and that text is the inode's
 * value for good: whoever opens it reads it whole, and the next lookup makes
 * another.  Entry timeout 0 has the kernel look it up for each open.
 */
#include "fs_priv.h"

#include "report.h"

#include <errno.h>

void fs_lookup_about(fuse_req_t req)
{
	struct inode *i = inode_of_about(&fs_of(req)->inodes);

	if (i)
		fs_reply_entry(req, i, 0);
	else
		fuse_reply_err(req, ENOMEM);
}

/*
 * NULL without memory, which is also what becomes of too much text.  One that
 * says nothing is as old as the mount: tar(1) looks at empty files alone a
 * second time and warns of those that changed.
 */
static struct value *report_render(struct fs *fs, const struct report *r)
{
	struct value_meta meta = { .source = VALUE_FROM_GETTER };
	struct value *value = NULL;
	struct buf text;

	buf_init(&text, REPORT_MAX);
	if (r->print(fs->node, &text) == 0) {
		meta.mtime_ns = text.len ? 0 : fs->born_ns;
		value = value_create(&text, &meta);
	}
	buf_release(&text);
	return value;
}

void fs_lookup_report(fuse_req_t req, struct inode *about, const char *name)
{
	struct fs *fs = fs_of(req);
	const struct report *r = report_find(name);
	struct inode *i = NULL;
	struct value *value;
	int err = -ENOMEM;

	if (!r) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	value = report_render(fs, r);
	if (value)
		err = inode_of_report(&fs->inodes, about, (size_t)(r - reports),
		                      name, value, &i);
	value_unref(value);
	if (err)
		fuse_reply_err(req, -err);
	else
		fs_reply_entry(req, i, 0);
}
