/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that wait for a value.
 *
 * The waiter is answered exactly once: by the load, by its deadline or by the
 * kernel's interrupt.  libfuse calls the interrupt function with the request
 * locked, so the answer must not take it off then (it would wait for
 * itself); in all other cases it must, so that the function never sees a
 * waiter that was freed.
 */
#include "fs/fs_priv.h"

#include "lib/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct pending {
	struct waiter waiter;
	fuse_req_t req;
	struct inode *inode; /* pinned */
	bool reads;          /* wants bytes, not attributes: */
	size_t size;
	off_t off;
};

/* The kernel may answer the reader, who closes the file, and have us forget the
 * inode, all before the reply's system call has returned. */
void fs_reply_read(fuse_req_t req, struct value *value, size_t size, off_t off)
{
	if (off < 0 || (size_t)off >= value->size) {
		fuse_reply_buf(req, NULL, 0);
		return;
	}
	if (size > value->size - (size_t)off)
		size = value->size - (size_t)off;
	value_ref(value);
	fuse_reply_buf(req, value->bytes + off, size);
	value_unref(value);
}

static void pending_reply(struct pending *p, const struct answer *answer)
{
	struct fs *fs = fs_of(p->req);

	if (answer->err) {
		fuse_reply_err(p->req, -answer->err);
		if (!atomic_load(&p->inode->value))
			fs_drop_name(fs, p->inode);
		return;
	}
	inode_resolve(&fs->inodes, p->inode, answer->value);
	/* For this request only: nobody holds it, or it is stale. */
	if (answer->fresh_ms <= clock_now_ms())
		fs_drop_name(fs, p->inode);
	if (p->reads)
		fs_reply_read(p->req, atomic_load(&p->inode->value), p->size,
		              p->off);
	else
		fs_reply_attr(p->req, p->inode);
}

static void pending_done(struct waiter *w, const struct answer *answer)
{
	struct pending *p = container_of(w, struct pending, waiter);
	struct fs *fs = fs_of(p->req);

	if (answer->err != -EINTR)
		fuse_req_interrupt_func(p->req, NULL, NULL);
	pending_reply(p, answer);
	inode_unpin(&fs->inodes, p->inode);
	free(p);
	atomic_fetch_sub(&fs->pending, 1);
}

static void pending_interrupt(fuse_req_t req, void *data)
{
	struct pending *p = data;
	struct group *g = group_ref(p->inode->group);

	(void)req;
	group_cancel(g, &p->waiter, -EINTR);
	group_unref(g); /* the pending request is gone */
}

/* Keeps the request, of which `like` says what it wants. */
static void pending_start(fuse_req_t req, struct inode *i,
                          const struct pending *like, unsigned int want)
{
	struct pending *p = malloc(sizeof(*p));
	struct group *g = i->group;
	struct fs *fs = fs_of(req);

	if (!p) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	*p = *like;
	p->req = req;
	p->inode = i;
	waiter_init(&p->waiter, pending_done);
	atomic_fetch_add(&fs->pending, 1);
	inode_pin(&fs->inodes, i);
	group_ref(g);
	fuse_req_interrupt_func(req, pending_interrupt, p);
	group_get(g, i->key, want, &p->waiter);
	group_unref(g);
}

void fs_wait_attr(fuse_req_t req, struct inode *i, unsigned int want)
{
	pending_start(req, i, &(struct pending){ .reads = false }, want);
}

void fs_wait_read(fuse_req_t req, struct inode *i, size_t size, off_t off)
{
	struct pending like = { .reads = true, .size = size, .off = off };

	pending_start(req, i, &like, GROUP_HELD_OR_LOAD);
}

/* ---- who wants to know ---- */

/*
 * A caller that is still awake is about to sleep, but on a busy machine
 * something else may have its processor meanwhile.  A handler does not wait for
 * that; a chore does.
 */
#define AWAKE_PAUSE_US 500
#define AWAKE_TRIES    2000

struct asking {
	struct job job;
	fuse_req_t req;
	struct inode *inode; /* pinned */
	enum caller caller;
};

static void caller_reply(fuse_req_t req, struct inode *i, enum caller caller)
{
	if (caller == CALLER_XATTR)
		fs_reply_attr(req, i);
	else
		fs_wait_attr(req, i, GROUP_HELD_OR_LOAD);
}

static void asking_run(struct job *job, int cancel_fd)
{
	struct asking *a = container_of(job, struct asking, job);

	(void)cancel_fd;
	for (int n = 0; n < AWAKE_TRIES && a->caller == CALLER_AWAKE; n++) {
		usleep(AWAKE_PAUSE_US);
		a->caller = caller_of(a->req);
	}
}

static void asking_done(struct job *job)
{
	struct asking *a = container_of(job, struct asking, job);
	struct inodes *inodes = &fs_of(a->req)->inodes;

	caller_reply(a->req, a->inode, a->caller);
	inode_unpin(inodes, a->inode);
	free(a);
}

void fs_ask_caller(fuse_req_t req, struct inode *i)
{
	enum caller caller = caller_of(req);
	struct asking *a =
	        caller == CALLER_AWAKE ? calloc(1, sizeof(*a)) : NULL;

	if (!a) {
		caller_reply(req, i, caller);
		return;
	}
	a->job.run = asking_run;
	a->job.done = asking_done;
	a->req = req;
	a->inode = i;
	a->caller = caller;
	inode_pin(&fs_of(req)->inodes, i);
	if (node_submit(fs_of(req)->node, &a->job) < 0)
		asking_done(&a->job);
}
