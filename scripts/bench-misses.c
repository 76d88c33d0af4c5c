/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-misses SELF PEER COUNT: asks the peer for COUNT keys that it owns and
 * that are not held here, PARALLEL at a time, and prints how many that makes
 * for each second of this process's processor time; for scripts/bench-peers.
 */
#include "lib/clock.h"
#include "lib/units.h"
#include "node/node.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define PARALLEL 64

static struct client {
	struct waiter waiters[PARALLEL]; /* first free is last freed */
	struct waiter *free[PARALLEL];
	int frees;
	pthread_mutex_t lock; /* of the above */
	sem_t room;
	atomic_ulong failed;
} client = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void client_give(struct waiter *w)
{
	pthread_mutex_lock(&client.lock);
	client.free[client.frees++] = w;
	pthread_mutex_unlock(&client.lock);
	sem_post(&client.room);
}

static void client_answered(struct waiter *w, const struct answer *answer)
{
	if (answer->err)
		atomic_fetch_add(&client.failed, 1);
	client_give(w);
}

static struct waiter *client_take(void)
{
	struct waiter *w;

	while (sem_wait(&client.room) < 0)
		continue;
	pthread_mutex_lock(&client.lock);
	w = client.free[--client.frees];
	pthread_mutex_unlock(&client.lock);
	waiter_init(w, client_answered);
	return w;
}

static int client_node(struct node **node, struct peers **peers,
                       char *const *urls, struct reason *why)
{
	struct peers_config config = {
		.peer = { .dialect = &dialect_groupcache,
		          .codec = codec_find("protobuf"),
		          .timeout_ms = 10000,
		          .health_ms = 10000 },
		.placement = placement_find(dialect_groupcache.placement),
		.urls = urls,
		.count = 2,
		.self = urls[0],
	};
	struct group_settings settings = {
		.policy = evict_find("lru"),
		.capacity = 64 << 20,
		.max_value = 1 << 20,
		.timeout_ms = 30000,
		.loads = PARALLEL,
	};
	struct getter_spec spec;
	struct getter *getter = NULL;
	int err = node_create(node, PARALLEL);

	if (!err)
		err = peers_create(peers, &config, why);
	if (err)
		return err;
	node_set_peers(*node, *peers);
	err = getter_spec_init(&spec, getter_ops_find("command"));
	spec.source = strdup("false");
	if (!err)
		err = getter_create(&getter, &spec, why);
	if (!err)
		err = node_add_group(*node, "hello", &settings, getter);
	getter_unref(getter);
	return err;
}

/* Asks for the `n`th key; false if it is not the peer's. */
static bool client_ask(struct group *g, struct peers *peers, unsigned long n)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "key-%lu", n);
	struct key key = key_of(text, (size_t)len);
	struct peer *owner = peers_owner(peers, "hello", key);

	if (!owner)
		return false;
	peer_unref(owner);
	group_get(g, key, GROUP_HELD_OR_LOAD, client_take());
	return true;
}

static double cpu_seconds(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void client_run(struct group *g, struct peers *peers,
                       unsigned long count)
{
	double before = cpu_seconds();

	sem_init(&client.room, 0, 0);
	for (size_t i = 0; i < PARALLEL; i++)
		client_give(&client.waiters[i]);
	for (unsigned long n = 0, asked = 0; asked < count; n++)
		asked += client_ask(g, peers, n);
	for (size_t i = 0; i < PARALLEL; i++)
		client_take();
	printf("%.0f\n", (double)count / (cpu_seconds() - before));
}

int main(int argc, char **argv)
{
	struct reason why = { .text = "cannot make a node" };
	struct peers *peers = NULL;
	struct node *node;
	struct group *g;
	uint64_t count;

	if (argc != 4 || number_parse(argv[3], 10, 100000000, &count) < 0) {
		fprintf(stderr, "usage: bench-misses SELF PEER COUNT\n");
		return 2;
	}
	if (client_node(&node, &peers, argv + 1, &why) < 0) {
		fprintf(stderr, "bench-misses: %s\n", why.text);
		return 1;
	}
	g = node_find_group(node, "hello");
	client_run(g, peers, count);
	if (group_stats(g).of[COUNT_peer_loads] != count) {
		fprintf(stderr, "bench-misses: not all came from the peer\n");
		return 1;
	}
	group_unref(g);
	node_destroy(node);
	peers_destroy(peers);
	return 0;
}
