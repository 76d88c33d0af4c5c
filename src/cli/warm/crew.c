/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warm/crew.h"

#include "os/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define AHEAD 4 /* loads begun for each thread: it never waits for the list */

struct errand {
	struct job job;
	struct list_node node; /* among those that are done */
	struct crew *crew;
	struct loaded loaded;
};

struct crew {
	struct pool *pool;
	struct lane lane;
	int dir_fd, event_fd;
	size_t pending, room;
	pthread_mutex_t lock;
	struct list_node done; /* under lock */
	struct list_node taken;
};

/* Not open(2): a look is enough, and who may not read a file may look. */
static void errand_run(struct job *job, int cancel_fd)
{
	struct errand *e = container_of(job, struct errand, job);
	struct stat st;

	(void)cancel_fd;
	if (fstatat(e->crew->dir_fd, e->loaded.name, &st, 0) < 0)
		e->loaded.err = -errno;
	else
		e->loaded.size = (uint64_t)st.st_size;
}

static void errand_done(struct job *job)
{
	struct errand *e = container_of(job, struct errand, job);
	struct crew *c = e->crew;
	bool first;

	pthread_mutex_lock(&c->lock);
	first = list_empty(&c->done);
	list_insert(c->done.prev, &e->node);
	pthread_mutex_unlock(&c->lock);
	/* It cannot fail: the count is far from full. */
	if (first)
		eventfd_write(c->event_fd, 1);
}

int crew_create(struct crew **out, int dir_fd, int threads, struct reason *why)
{
	struct crew *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return reason_set(why, -ENOMEM, "out of memory");
	c->dir_fd = dir_fd;
	c->room = (size_t)threads * AHEAD;
	list_init(&c->done);
	list_init(&c->taken);
	c->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = c->event_fd < 0 ? -errno : pool_create(&c->pool, threads);
	if (err) {
		if (c->event_fd >= 0)
			close(c->event_fd);
		free(c);
		return reason_set(why, err, "cannot start: %s", strerror(-err));
	}
	pthread_mutex_init(&c->lock, NULL);
	pool_add_lane(c->pool, &c->lane, threads);
	*out = c;
	return 0;
}

void crew_destroy(struct crew *c)
{
	struct loaded left;

	if (!c)
		return;
	pool_remove_lane(c->pool, &c->lane);
	pool_destroy(c->pool);
	while (crew_take(c, &left))
		free(left.name);
	close(c->event_fd);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

size_t crew_pending(const struct crew *c)
{
	return c->pending;
}

bool crew_has_room(const struct crew *c)
{
	return c->pending < c->room;
}

int crew_load(struct crew *c, const char *name)
{
	struct errand *e = calloc(1, sizeof(*e));
	int err = -ENOMEM;

	if (e)
		e->loaded.name = strdup(name);
	if (e && e->loaded.name) {
		e->job.run = errand_run;
		e->job.done = errand_done;
		e->crew = c;
		err = pool_submit(c->pool, &c->lane, &e->job);
	}
	if (err == 0) {
		c->pending++;
		return 0;
	}
	if (e)
		free(e->loaded.name);
	free(e);
	return err;
}

int crew_fd(const struct crew *c)
{
	return c->event_fd;
}

/* All that are done by now, with one look at what the threads share. */
static void crew_collect(struct crew *c)
{
	struct list_node *node;
	eventfd_t count;

	eventfd_read(c->event_fd, &count);
	pthread_mutex_lock(&c->lock);
	while ((node = list_pop(&c->done)))
		list_insert(c->taken.prev, node);
	pthread_mutex_unlock(&c->lock);
}

bool crew_take(struct crew *c, struct loaded *out)
{
	struct list_node *node;
	struct errand *e;

	if (list_empty(&c->taken))
		crew_collect(c);
	node = list_pop(&c->taken);
	if (!node)
		return false;
	e = container_of(node, struct errand, node);
	*out = e->loaded;
	free(e);
	c->pending--;
	return true;
}
