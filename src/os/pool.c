/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which lane may start a job: one that has something queued and runs less
 * than its limit, if it is within its reserve or if there is a thread left
 * that no other lane's reserve needs.  Reserves take at most half of the
 * threads; the other half goes to whoever has work.
 */
#include "os/pool.h"

#include "os/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RESERVE_MAX 8            /* threads kept for one lane, at most */
#define STACK_BYTES (512 * 1024) /* curl and TLS fit well */

struct pool_worker {
	struct pool *pool;
	struct list_node node; /* among the pool's workers */
	pthread_t thread;
	int cancel_fd;
	bool cancelled; /* under the pool's lock: it is readable */
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;    /* a job can start, or stop */
	pthread_cond_t changed; /* a lane has one job less */
	/* under lock */
	struct list_node lanes; /* the next to have its turn first */
	struct list_node workers;
	int limit, lane_count, worker_count, idle, queued;
	bool stop;
};

static int lane_reserve(const struct pool *p, const struct lane *lane)
{
	int reserve = p->limit / (2 * p->lane_count);

	if (reserve > RESERVE_MAX)
		reserve = RESERVE_MAX;
	if (reserve < 1)
		reserve = 1;
	return reserve < lane->limit ? reserve : lane->limit;
}

/* Threads that run or are reserved for a lane that does not use them. */
static int pool_committed(const struct pool *p)
{
	int sum = 0;

	for (struct list_node *n = p->lanes.next; n != &p->lanes; n = n->next) {
		const struct lane *lane = container_of(n, struct lane, node);
		int reserve = lane_reserve(p, lane);

		sum += lane->running > reserve ? lane->running : reserve;
	}
	return sum;
}

/* Takes the next job that may start; NULL if none may. */
static struct job *pool_take(struct pool *p)
{
	bool room = pool_committed(p) < p->limit;

	for (struct list_node *n = p->lanes.next; n != &p->lanes; n = n->next) {
		struct lane *lane = container_of(n, struct lane, node);
		struct job *job;

		if (list_empty(&lane->queued) || lane->running >= lane->limit ||
		    (lane->running >= lane_reserve(p, lane) && !room))
			continue;
		job = container_of(lane->queued.next, struct job, node);
		list_remove(&job->node);
		job->queued = false;
		lane->running++;
		p->queued--;
		/* To the end: the others have their turn first. */
		list_remove(&lane->node);
		list_insert(p->lanes.prev, &lane->node);
		return job;
	}
	return NULL;
}

static void *worker_run(void *arg)
{
	struct pool_worker *w = arg;
	struct pool *p = w->pool;
	struct lane *lane;
	struct job *job;
	uint64_t count;
	bool more;

	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		job = pool_take(p);
		if (!job) {
			p->idle++;
			pthread_cond_wait(&p->work, &p->lock);
			p->idle--;
			continue;
		}
		lane = job->lane;
		job->worker = w;
		pthread_mutex_unlock(&p->lock);
		job->run(job, w->cancel_fd);
		pthread_mutex_lock(&p->lock);
		job->worker = NULL;
		/* Nobody can cancel it from here on: what was signalled is
		 * stale. */
		if (w->cancelled &&
		    read(w->cancel_fd, &count, sizeof(count)) < 0)
			log_error("cannot read an eventfd: %s",
			          strerror(errno));
		w->cancelled = false;
		lane->running--;
		lane->ending++;
		/* This thread has its job's end to see to. */
		more = p->queued && p->idle;
		pthread_mutex_unlock(&p->lock);
		if (more)
			pthread_cond_signal(&p->work);
		job->done(job);
		pthread_mutex_lock(&p->lock);
		lane->ending--;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int worker_start(struct pool *p)
{
	struct pool_worker *w = calloc(1, sizeof(*w));
	pthread_attr_t attr;
	int err;

	if (!w)
		return -ENOMEM;
	w->pool = p;
	w->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->cancel_fd < 0) {
		free(w);
		return -errno;
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = pthread_create(&w->thread, &attr, worker_run, w);
	pthread_attr_destroy(&attr);
	if (err) {
		close(w->cancel_fd);
		free(w);
		return -err;
	}
	list_insert(&p->workers, &w->node);
	p->worker_count++;
	return 0;
}

int pool_create(struct pool **out, int limit)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->changed, NULL);
	list_init(&p->lanes);
	list_init(&p->workers);
	p->limit = limit;
	*out = p;
	return 0;
}

void pool_destroy(struct pool *p)
{
	struct list_node *node;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	while ((node = list_pop(&p->workers))) {
		struct pool_worker *w =
		        container_of(node, struct pool_worker, node);

		pthread_join(w->thread, NULL);
		close(w->cancel_fd);
		free(w);
	}
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void pool_set_limit(struct pool *p, int limit)
{
	pthread_mutex_lock(&p->lock);
	p->limit = limit;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void pool_add_lane(struct pool *p, struct lane *lane, int limit)
{
	pthread_mutex_lock(&p->lock);
	list_init(&lane->queued);
	lane->limit = limit;
	lane->running = lane->ending = 0;
	lane->removed = false;
	list_insert(&p->lanes, &lane->node);
	p->lane_count++;
	pthread_mutex_unlock(&p->lock);
}

void pool_remove_lane(struct pool *p, struct lane *lane)
{
	pthread_mutex_lock(&p->lock);
	lane->removed = true;
	while (!list_empty(&lane->queued) || lane->running || lane->ending)
		pthread_cond_wait(&p->changed, &p->lock);
	list_remove(&lane->node);
	p->lane_count--;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void pool_set_lane_limit(struct pool *p, struct lane *lane, int limit)
{
	pthread_mutex_lock(&p->lock);
	lane->limit = limit;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

int pool_submit(struct pool *p, struct lane *lane, struct job *job)
{
	int most, err = 0;

	pthread_mutex_lock(&p->lock);
	/* More than the limit if a lane came when the others had it all. */
	most = pool_committed(p);
	if (most < p->limit)
		most = p->limit;
	/* An idle thread may already be on its way to an earlier job. */
	if (lane->removed)
		err = -ESHUTDOWN;
	else if (p->queued >= p->idle && p->worker_count < most &&
	         worker_start(p) < 0 && p->worker_count == 0)
		err = -EAGAIN;
	if (!err) {
		job->lane = lane;
		job->queued = true;
		p->queued++;
		list_insert(lane->queued.prev, &job->node);
	}
	pthread_mutex_unlock(&p->lock);
	/* Not under the lock, which the woken thread takes first. */
	if (!err)
		pthread_cond_signal(&p->work);
	return err;
}

bool pool_cancel(struct pool *p, struct job *job)
{
	uint64_t one = 1;
	bool mine = false;

	pthread_mutex_lock(&p->lock);
	if (job->queued) {
		list_remove(&job->node);
		job->queued = false;
		p->queued--;
		pthread_cond_broadcast(&p->changed);
		mine = true;
	} else if (job->worker && !job->worker->cancelled) {
		job->worker->cancelled = true;
		if (write(job->worker->cancel_fd, &one, sizeof(one)) < 0)
			log_error("cannot write an eventfd: %s",
			          strerror(errno));
	}
	pthread_mutex_unlock(&p->lock);
	return mine;
}
