/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warm/crew.h"

#include "os/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AHEAD 4 /* loads begun for each thread: it never waits for the list */

struct errand {
	struct job job;
	struct crew *crew;
	struct loaded loaded;
};

struct crew {
	struct pool *pool;
	struct lane lane;
	int dir_fd;
	int done[2]; /* a pipe of pointers to errands */
	size_t pending, room;
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

	/* In one piece, as it is less than PIPE_BUF. */
	while (write(e->crew->done[1], &e, sizeof(e)) < 0 && errno == EINTR)
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
	if (pipe2(c->done, O_CLOEXEC) < 0) {
		err = -errno;
		free(c);
		return reason_set(why, err, "cannot start: %s", strerror(-err));
	}
	fcntl(c->done[0], F_SETFL, O_NONBLOCK);
	err = pool_create(&c->pool, threads);
	if (err) {
		close(c->done[0]);
		close(c->done[1]);
		free(c);
		return reason_set(why, err, "cannot start: %s", strerror(-err));
	}
	pool_add_lane(c->pool, &c->lane, threads);
	*out = c;
	return 0;
}

void crew_destroy(struct crew *c)
{
	struct loaded left;

	if (!c)
		return;
	/* Nobody else takes what would fill the pipe. */
	fcntl(c->done[0], F_SETFL, 0);
	while (c->pending && crew_take(c, &left))
		free(left.name);
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
	return c->done[0];
}

bool crew_take(struct crew *c, struct loaded *out)
{
	struct errand *e;

	if (read(c->done[0], &e, sizeof(e)) != sizeof(e))
		return false;
	*out = e->loaded;
	free(e);
	c->pending--;
	return true;
}
