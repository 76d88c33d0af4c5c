/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warm/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AHEAD 4 /* loads begun for each thread: it never waits for the list */

struct crew {
	struct pool *pool;
	struct lane lane;
	int dir_fd;
	int done[2]; /* a pipe of pointers to what was loaded */
	size_t pending, room;
};

/* Not open(2): a look is enough, and who may not read a file may look. */
static void load_run(struct job *job, int cancel_fd)
{
	struct loaded *l = container_of(job, struct loaded, job);
	struct stat st;

	(void)cancel_fd;
	if (fstatat(l->crew->dir_fd, l->name, &st, 0) < 0)
		l->err = -errno;
	else
		l->size = (uint64_t)st.st_size;
}

static void load_done(struct job *job)
{
	struct loaded *l = container_of(job, struct loaded, job);

	/* In one piece, as it is less than PIPE_BUF. */
	while (write(l->crew->done[1], &l, sizeof(l)) < 0 && errno == EINTR)
		continue;
}

int crew_create(struct crew **out, int dir_fd, int threads, struct reason *why)
{
	struct crew *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return reason_oom(why, -ENOMEM);
	c->dir_fd = dir_fd;
	c->room = (size_t)threads * AHEAD;
	err = pool_create(&c->pool, threads);
	if (!err && pipe2(c->done, O_CLOEXEC) < 0) {
		err = -errno;
		pool_destroy(c->pool);
	}
	if (err) {
		free(c);
		return reason_set(why, err, "cannot start: %s", strerror(-err));
	}
	fcntl(c->done[0], F_SETFL, O_NONBLOCK);
	pool_add_lane(c->pool, &c->lane, threads);
	*out = c;
	return 0;
}

void crew_destroy(struct crew *c)
{
	struct loaded *left;

	if (!c)
		return;
	/* Nobody else takes what would fill the pipe. */
	fcntl(c->done[0], F_SETFL, 0);
	while (c->pending && (left = crew_take(c)))
		free(left);
	pool_remove_lane(c->pool, &c->lane);
	pool_destroy(c->pool);
	close(c->done[0]);
	close(c->done[1]);
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
	size_t size = strlen(name) + 1;
	struct loaded *l = calloc(1, sizeof(*l) + size);
	int err;

	if (!l)
		return -ENOMEM;
	memcpy(l->name, name, size);
	l->job.run = load_run;
	l->job.done = load_done;
	l->crew = c;
	err = pool_submit(c->pool, &c->lane, &l->job);
	if (err)
		free(l);
	else
		c->pending++;
	return err;
}

int crew_fd(const struct crew *c)
{
	return c->done[0];
}

struct loaded *crew_take(struct crew *c)
{
	struct loaded *l;

	if (read(c->done[0], &l, sizeof(l)) != sizeof(l))
		return NULL;
	c->pending--;
	return l;
}
