/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* How the kernel asks for extended attributes; what they say is
 * attribute.c's. */
#include "fs/fs_priv.h"

#include "fs/attribute.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX     65536     /* the kernel's XATTR_SIZE_MAX */
#define SET_MAX      64        /* bytes of a value that can be set */
#define HASH_AT_ONCE (1 << 20) /* bytes hashed in a handler: about 1 ms */

/* The protocol of getxattr(2) and listxattr(2): size 0 asks for the size. */
static void reply_text(fuse_req_t req, const struct buf *text, size_t size,
                       int err)
{
	if (err)
		fuse_reply_err(req, -err);
	else if (size == 0)
		fuse_reply_xattr(req, text->len);
	else if (size < text->len)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, text->data, text->len);
}

/* ---- hashing what is too much for a handler ---- */

struct hashing {
	struct job job;
	fuse_req_t req;
	struct value *value; /* a reference */
	size_t size;
};

static void hashing_run(struct job *job, int cancel_fd)
{
	(void)cancel_fd;
	value_sha256(container_of(job, struct hashing, job)->value);
}

static void hashing_done(struct job *job)
{
	struct hashing *h = container_of(job, struct hashing, job);
	const char *hex = value_sha256(h->value);
	struct buf text;

	buf_init(&text, TEXT_MAX);
	reply_text(h->req, &text, h->size,
	           hex ? buf_puts(&text, hex) : -ENOMEM);
	buf_release(&text);
	value_unref(h->value);
	free(h);
}

/* True if the answer comes later. */
static bool hash_later(fuse_req_t req, const struct subject *s,
                       const char *name, size_t size)
{
	struct value *v = s->peek.value;
	struct hashing *h;

	if (strcmp(name, "user.dreamfs.sha256") != 0 || !v ||
	    v->size <= HASH_AT_ONCE || atomic_load(&v->sha256))
		return false;
	h = malloc(sizeof(*h));
	if (!h)
		return false;
	*h = (struct hashing){ .job.run = hashing_run,
		               .job.done = hashing_done,
		               .req = req,
		               .value = value_ref(v),
		               .size = size };
	if (node_submit(s->node, &h->job) == 0)
		return true;
	value_unref(h->value);
	free(h);
	return false;
}

/* ---- handlers ---- */

void fs_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct fs *fs = fs_of(req);
	const struct inode *i = fs_inode(fs, ino);
	const struct attribute *a = attribute_find(i, name);
	struct subject s;
	struct buf text;
	int err;

	if (!a) {
		fuse_reply_err(req, ENODATA);
		return;
	}
	subject_init(&s, fs->node, i);
	if (!hash_later(req, &s, name, size)) {
		buf_init(&text, TEXT_MAX);
		err = attribute_get(a, &s, &text);
		reply_text(req, &text, size, err);
		buf_release(&text);
	}
	subject_release(&s);
}

/* Not on files, so that cp -a copies none. */
void fs_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	struct fs *fs = fs_of(req);
	const struct inode *i = fs_inode(fs, ino);
	struct buf names;
	int err;

	buf_init(&names, TEXT_MAX);
	err = i->kind == INODE_KEY ? 0 : attribute_list(i, fs->node, &names);
	reply_text(req, &names, size, err);
	buf_release(&names);
}

void fs_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name,
                 const char *bytes, size_t size, int flags)
{
	struct inode *i = fs_inode(fs_of(req), ino);
	const struct attribute *a = attribute_find(i, name);
	char text[SET_MAX + 1];

	(void)flags;
	if (!a || !a->set) {
		fuse_reply_err(req, EROFS);
	} else if (size > SET_MAX) {
		fuse_reply_err(req, EINVAL);
	} else {
		memcpy(text, bytes, size);
		text[size] = '\0';
		fuse_reply_err(req, -a->set(i->group, text));
	}
}
