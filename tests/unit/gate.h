/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place where threads meet: a number that any of them adds to and waits
 * for.  Waiting gives up after some minutes, by ending the test program:
 * nothing that is tested takes so long unless it hangs.
 */
#ifndef DREAMFS_TESTS_GATE_H
#define DREAMFS_TESTS_GATE_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define GATE_SECONDS 240

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int count;
};

#define GATE_INIT \
	{ \
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 \
	}

/* Returns the new number. */
static inline int gate_add(struct gate *g, int n)
{
	int sum;

	pthread_mutex_lock(&g->lock);
	sum = g->count += n;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
	return sum;
}

static inline int gate_count(struct gate *g)
{
	int n;

	pthread_mutex_lock(&g->lock);
	n = g->count;
	pthread_mutex_unlock(&g->lock);
	return n;
}

/* Until the number is `n` or more. */
static inline void gate_wait_(struct gate *g, int n, const char *file, int line)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += GATE_SECONDS;
	pthread_mutex_lock(&g->lock);
	while (g->count < n)
		if (pthread_cond_timedwait(&g->changed, &g->lock, &until)) {
			fprintf(stderr, "%s:%d: waits for %d and has %d\n",
			        file, line, n, g->count);
			abort();
		}
	pthread_mutex_unlock(&g->lock);
}

#define gate_wait(g, n) gate_wait_(g, n, __FILE__, __LINE__)

#endif
