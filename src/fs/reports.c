/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reports as files.  A lookup renders one, and that text is the inode's
 * value for good: whoever opens it reads it whole, and the next lookup makes
 * another.  Entry timeout 0 has the kernel look it up for each open.
 */
#include "fs/fs_priv.h"

#include "node/report.h"

#include <errno.h>
#include <stdlib.h>

struct rendering {
	struct job job;
	fuse_req_t req;
	struct inode *about; /* pinned */
	const struct report *report;
	struct value *value; /* a reference; NULL: none came of it */
};

/*
 * No value without memory, which is also what becomes of too much text.  One
 * that says nothing is as old as the mount: tar(1) looks at empty files alone a
 * second time and warns of those that changed.
 */
static void rendering_run(struct job *job, int cancel_fd)
{
	struct rendering *r = container_of(job, struct rendering, job);
	struct fs *fs = fs_of(r->req);
	struct value_meta meta = { .source = VALUE_FROM_GETTER };
	struct buf text;

	(void)cancel_fd;
	buf_init(&text, REPORT_MAX);
	if (r->report->print(fs->node, &text) == 0) {
		meta.mtime_ns = text.len ? 0 : fs->born_ns;
		r->value = value_create(&text, &meta);
	}
	buf_release(&text);
}

static void rendering_done(struct job *job)
{
	struct rendering *r = container_of(job, struct rendering, job);
	struct fs *fs = fs_of(r->req);
	struct inode *i = NULL;
	int err = -ENOMEM;

	if (r->value)
		err = inode_of_report(&fs->inodes, r->about,
		                      (size_t)(r->report - reports),
		                      r->report->name, r->value, &i);
	if (err)
		fuse_reply_err(r->req, -err);
	else
		fs_reply_entry(r->req, i, 0);
	value_unref(r->value);
	inode_unpin(&fs->inodes, r->about);
	free(r);
}

/* Beside the handlers: a thousand groups' metrics take some 100 ms. */
void fs_lookup_report(fuse_req_t req, struct inode *about, const char *name)
{
	struct fs *fs = fs_of(req);
	const struct report *report = report_find(name);
	struct rendering *r = report ? calloc(1, sizeof(*r)) : NULL;

	if (!r) {
		fuse_reply_err(req, report ? ENOMEM : ENOENT);
		return;
	}
	r->job.run = rendering_run;
	r->job.done = rendering_done;
	r->req = req;
	r->about = about;
	r->report = report;
	inode_pin(&fs->inodes, about);
	if (node_submit(fs->node, &r->job) < 0)
		rendering_done(&r->job);
}
