/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node.h"

#include "group/history.h"
#include "lib/clock.h"
#include "os/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_NAME_MAX 255
#define CHORES         2 /* at once: work that is not a load */

struct node {
	struct group_host host;
	struct lane chores;
	struct ticker_client pulse;
	atomic_uint beats;
	struct ticker_client sampler, teller;
	int64_t started_ms;
	bool closed; /* the closing thread's */
	pthread_mutex_t lock;
	/* under lock */
	struct group **groups; /* a reference each, sorted by name */
	size_t count;
	char *config; /* owned; NULL: none */
};

static int64_t node_beat(struct ticker_client *client, int64_t now)
{
	(void)now;
	atomic_fetch_add(&container_of(client, struct node, pulse)->beats, 1);
	return CLOCK_NEVER;
}

/* The ticker's call. */
static int64_t node_sample(struct ticker_client *client, int64_t now)
{
	struct node *n = container_of(client, struct node, sampler);
	size_t count;
	struct group **groups = node_groups(n, &count);

	for (size_t i = 0; groups && i < count; i++)
		group_sample(groups[i]);
	node_groups_free(groups, count);
	return now + HISTORY_MS;
}

/* The ticker's call. */
static int64_t node_tell(struct ticker_client *client, int64_t now)
{
	(void)client;
	return log_tick(now);
}

int node_create(struct node **out, int loads)
{
	struct node *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return -ENOMEM;
	err = pool_create(&n->host.pool, loads);
	if (!err)
		err = ticker_create(&n->host.ticker);
	if (err) {
		pool_destroy(n->host.pool);
		free(n);
		return err;
	}
	pool_add_lane(n->host.pool, &n->chores, CHORES);
	n->pulse.tick = node_beat;
	ticker_add(n->host.ticker, &n->pulse);
	pthread_mutex_init(&n->lock, NULL);
	n->started_ms = clock_now_ms();
	n->sampler.tick = node_sample;
	ticker_add(n->host.ticker, &n->sampler);
	n->teller.tick = node_tell;
	ticker_add(n->host.ticker, &n->teller);
	*out = n;
	return 0;
}

void node_close(struct node *n)
{
	struct group **groups;
	size_t count;

	if (!n->closed)
		ticker_remove(n->host.ticker, &n->sampler);
	pthread_mutex_lock(&n->lock);
	groups = n->groups;
	count = n->count;
	n->groups = NULL;
	n->count = 0;
	pthread_mutex_unlock(&n->lock);
	for (size_t i = 0; i < count; i++)
		group_close(groups[i]);
	node_groups_free(groups, count);
	if (!n->closed)
		pool_remove_lane(n->host.pool, &n->chores);
	n->closed = true;
}

void node_destroy(struct node *n)
{
	if (!n)
		return;
	node_close(n);
	pool_destroy(n->host.pool);
	ticker_remove(n->host.ticker, &n->pulse);
	ticker_remove(n->host.ticker, &n->teller);
	ticker_destroy(n->host.ticker);
	pthread_mutex_destroy(&n->lock);
	free(n->config);
	free(n);
}

void node_set_peers(struct node *n, struct peers *peers)
{
	n->host.peers = peers;
}

struct peers *node_peers(struct node *n)
{
	return n->host.peers;
}

void node_set_listener(struct node *n, struct group_listener *l)
{
	n->host.listener = l;
}

void node_set_loads(struct node *n, int loads)
{
	pool_set_limit(n->host.pool, loads);
}

/* Under the lock: the place of the name, or where it belongs. */
static size_t node_place(const struct node *n, const char *name, bool *there)
{
	size_t i = 0;

	while (i < n->count && strcmp(group_name(n->groups[i]), name) < 0)
		i++;
	*there = i < n->count && strcmp(group_name(n->groups[i]), name) == 0;
	return i;
}

int node_add_group(struct node *n, const char *name,
                   const struct group_settings *settings, struct getter *getter)
{
	struct group **more, *g;
	bool there;
	size_t at;
	int err = group_create(&g, name, settings, getter, &n->host);

	if (err)
		return err;
	pthread_mutex_lock(&n->lock);
	at = node_place(n, name, &there);
	more = there ? NULL
	             : reallocarray(n->groups, n->count + 1, sizeof(*more));
	if (more) {
		n->groups = more;
		memmove(more + at + 1, more + at,
		        (n->count - at) * sizeof(*more));
		more[at] = g;
		n->count++;
	}
	pthread_mutex_unlock(&n->lock);
	if (more)
		return 0;
	group_close(g);
	group_unref(g);
	return there ? -EEXIST : -ENOMEM;
}

bool node_remove_group(struct node *n, const char *name)
{
	struct group *g = NULL;
	bool there;
	size_t at;

	pthread_mutex_lock(&n->lock);
	at = node_place(n, name, &there);
	if (there) {
		g = n->groups[at];
		n->count--;
		memmove(n->groups + at, n->groups + at + 1,
		        (n->count - at) * sizeof(*n->groups));
	}
	pthread_mutex_unlock(&n->lock);
	if (g) {
		group_close(g);
		group_unref(g);
	}
	return there;
}

struct group *node_find_group(struct node *n, const char *name)
{
	struct group *g = NULL;
	bool there;
	size_t at;

	pthread_mutex_lock(&n->lock);
	at = node_place(n, name, &there);
	if (there)
		g = group_ref(n->groups[at]);
	pthread_mutex_unlock(&n->lock);
	return g;
}

struct group *node_find_group_named(struct node *n, struct key name)
{
	char text[GROUP_NAME_MAX + 1];

	if (name.len > GROUP_NAME_MAX || memchr(name.data, '\0', name.len))
		return NULL;
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	return node_find_group(n, text);
}

struct group **node_groups(struct node *n, size_t *count)
{
	struct group **groups;

	pthread_mutex_lock(&n->lock);
	*count = n->count;
	groups = calloc(n->count + 1, sizeof(*groups));
	for (size_t i = 0; groups && i < n->count; i++)
		groups[i] = group_ref(n->groups[i]);
	pthread_mutex_unlock(&n->lock);
	return groups;
}

void node_groups_free(struct group **groups, size_t count)
{
	for (size_t i = 0; groups && i < count; i++)
		group_unref(groups[i]);
	free(groups);
}

int node_submit(struct node *n, struct job *job)
{
	return pool_submit(n->host.pool, &n->chores, job);
}

void node_set_config(struct node *n, char *text)
{
	char *old;

	pthread_mutex_lock(&n->lock);
	old = n->config;
	n->config = text;
	pthread_mutex_unlock(&n->lock);
	free(old);
}

int node_print_config(struct node *n, struct buf *out)
{
	pthread_mutex_lock(&n->lock);
	if (n->config)
		buf_puts(out, n->config);
	pthread_mutex_unlock(&n->lock);
	return out->err;
}

unsigned int node_pulse(struct node *n)
{
	ticker_wake(n->host.ticker, &n->pulse, clock_now_ms());
	return atomic_load(&n->beats);
}

int64_t node_uptime(const struct node *n)
{
	return (clock_now_ms() - n->started_ms) / 1000;
}
