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

int crew_init(struct crew *c, int dir_fd, int threads, struct reason *why)
{
	int err = pool_create(&c->pool, threads);

	if (!err && pipe2(c->done, O_CLOEXEC) < 0) {
		err = -errno;
		pool_destroy(c->pool);
	}
	if (err)
		return reason_set(why, err, "cannot start: %s", strerror(-err));
	fcntl(c->done[0], F_SETFL, O_NONBLOCK);
	pool_add_lane(c->pool, &c->lane, threads);
	c->dir_fd = dir_fd;
	c->pending = 0;
	c->room = (size_t)threads * AHEAD;
	return 0;
}

void crew_release(struct crew *c)
{
	/* Nobody else takes what would fill the pipe. */
	fcntl(c->done[0], F_SETFL, 0);
	while (c->pending)
		free(crew_take(c));
	pool_remove_lane(c->pool, &c->lane);
	pool_destroy(c->pool);
	close(c->done[0]);
	close(c->done[1]);
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

struct loaded *crew_take(struct crew *c)
{
	struct loaded *l;

	if (read(c->done[0], &l, sizeof(l)) != sizeof(l))
		return NULL;
	c->pending--;
	return l;
}
