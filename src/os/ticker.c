/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/ticker.h"

#include "lib/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct ticker {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	/* under lock */
	struct list_node clients;
	struct ticker_client *running; /* whose tick() is being called */
	bool stop;
};

/* The client to be called first; NULL without clients. */
static struct ticker_client *ticker_next(struct ticker *t)
{
	struct ticker_client *first = NULL;

	for (struct list_node *n = t->clients.next; n != &t->clients;
	     n = n->next) {
		struct ticker_client *c =
		        container_of(n, struct ticker_client, node);

		if (!first || c->due < first->due)
			first = c;
	}
	return first;
}

static void *ticker_run(void *arg)
{
	struct ticker *t = arg;

	pthread_setname_np(pthread_self(), "ticker");
	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		struct ticker_client *next = ticker_next(t);
		int64_t now = clock_now_ms(), due;
		struct timespec until;

		if (!next || next->due == CLOCK_NEVER) {
			pthread_cond_wait(&t->changed, &t->lock);
			continue;
		}
		if (next->due > now) {
			until = clock_timespec(next->due);
			pthread_cond_timedwait(&t->changed, &t->lock, &until);
			continue;
		}
		t->running = next;
		next->due = CLOCK_NEVER;
		pthread_mutex_unlock(&t->lock);
		due = next->tick(next, now);
		pthread_mutex_lock(&t->lock);
		/* A wake during the tick stands. */
		if (due < next->due)
			next->due = due;
		t->running = NULL;
		pthread_cond_broadcast(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

int ticker_create(struct ticker **out)
{
	struct ticker *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	pthread_mutex_init(&t->lock, NULL);
	clock_cond_init(&t->changed);
	list_init(&t->clients);
	err = pthread_create(&t->thread, NULL, ticker_run, t);
	if (err) {
		pthread_cond_destroy(&t->changed);
		pthread_mutex_destroy(&t->lock);
		free(t);
		return -err;
	}
	*out = t;
	return 0;
}

void ticker_destroy(struct ticker *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void ticker_add(struct ticker *t, struct ticker_client *client)
{
	pthread_mutex_lock(&t->lock);
	client->due = 0;
	list_insert(&t->clients, &client->node);
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

void ticker_remove(struct ticker *t, struct ticker_client *client)
{
	pthread_mutex_lock(&t->lock);
	list_remove(&client->node);
	while (t->running == client)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

void ticker_wake(struct ticker *t, struct ticker_client *client, int64_t when)
{
	pthread_mutex_lock(&t->lock);
	if (when < client->due) {
		client->due = when;
		pthread_cond_broadcast(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
}
