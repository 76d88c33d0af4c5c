/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/fs_priv.h"

#include "os/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct notifier {
	struct inodes *inodes;
	struct fuse_session *session;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	/* under lock */
	struct list_node queue; /* inodes, pinned */
	bool stop;
};

static struct inode *inode_pop(struct list_node *list)
{
	struct list_node *first = list_pop(list);

	return first ? container_of(first, struct inode, queued_node) : NULL;
}

static void *notifier_run(void *arg)
{
	struct notifier *n = arg;

	pthread_mutex_lock(&n->lock);
	while (!n->stop) {
		struct inode *i = inode_pop(&n->queue);
		int err;

		if (!i) {
			pthread_cond_wait(&n->work, &n->lock);
			continue;
		}
		pthread_mutex_unlock(&n->lock);
		/* First, so that a change from here on queues it again. */
		inode_dequeued(n->inodes, i);
		err = fuse_lowlevel_notify_inval_entry(n->session,
		                                       fuse_ino_of(i->parent),
		                                       i->name, i->name_len);
		/* -ENOENT: the kernel has nothing of that name. */
		if (err && err != -ENOENT && err != -ENOTCONN && err != -EBADF)
			log_debug("cannot invalidate '%s': %s", i->name,
			          strerror(-err));
		inode_unpin(n->inodes, i);
		pthread_mutex_lock(&n->lock);
	}
	pthread_mutex_unlock(&n->lock);
	return NULL;
}

int notifier_create(struct notifier **out, struct inodes *inodes, void *session)
{
	struct notifier *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return -ENOMEM;
	n->inodes = inodes;
	n->session = session;
	pthread_mutex_init(&n->lock, NULL);
	pthread_cond_init(&n->work, NULL);
	list_init(&n->queue);
	err = pthread_create(&n->thread, NULL, notifier_run, n);
	if (err) {
		pthread_cond_destroy(&n->work);
		pthread_mutex_destroy(&n->lock);
		free(n);
		return -err;
	}
	*out = n;
	return 0;
}

static void notifier_drop(struct notifier *n, struct list_node *list)
{
	struct inode *i;

	while ((i = inode_pop(list))) {
		inode_dequeued(n->inodes, i);
		inode_unpin(n->inodes, i);
	}
}

void notifier_stop(struct notifier *n)
{
	bool joined;

	pthread_mutex_lock(&n->lock);
	joined = n->stop;
	n->stop = true;
	pthread_cond_signal(&n->work);
	pthread_mutex_unlock(&n->lock);
	if (!joined)
		pthread_join(n->thread, NULL);
}

void notifier_destroy(struct notifier *n)
{
	if (!n)
		return;
	notifier_stop(n);
	notifier_drop(n, &n->queue);
	pthread_cond_destroy(&n->work);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

void notifier_push(struct notifier *n, struct list_node *list)
{
	struct list_node *first;

	if (list_empty(list))
		return;
	pthread_mutex_lock(&n->lock);
	while (!n->stop && (first = list_pop(list)))
		list_insert(n->queue.prev, first);
	pthread_cond_signal(&n->work);
	pthread_mutex_unlock(&n->lock);
	notifier_drop(n, list);
}
