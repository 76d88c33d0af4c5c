/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-peers PORT: a node whose group `hello` has 1 KiB for every key, for
 * scripts/bench-peers.  Serves until it is killed.
 */
#include "serve/peers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALUE_BYTES 1024

static int bench_create(void **getter, const struct getter_spec *spec,
                        struct reason *why)
{
	(void)spec, (void)why;
	*getter = NULL;
	return 0;
}

static void bench_destroy(void *getter)
{
	(void)getter;
}

static int bench_get(void *getter, const struct load *load,
                     struct load_result *result)
{
	struct buf b;

	(void)getter;
	buf_init(&b, load->max_value);
	if (buf_reserve(&b, VALUE_BYTES) < 0)
		return -EIO;
	memset(b.data, 'x', VALUE_BYTES);
	b.len = VALUE_BYTES;
	result->value = value_create(&b, &(struct value_meta){ 0 });
	return result->value ? 0 : -EIO;
}

static const struct getter_ops bench_ops = {
	.source = { .name = "bench" },
	.create = bench_create,
	.destroy = bench_destroy,
	.get = bench_get,
};

static int bench_node(struct node **node)
{
	struct group_settings settings = {
		.policy = evict_find("lru"),
		.capacity = 64 << 20,
		.max_value = 1 << 20,
		.timeout_ms = 30000,
		.loads = 8,
	};
	struct getter_spec spec = { .ops = &bench_ops, .source = strdup("") };
	struct getter *getter;
	struct reason why;
	int err = node_create(node, 8);

	if (!err)
		err = getter_create(&getter, &spec, &why);
	if (!err)
		err = node_add_group(*node, "hello", &settings, getter);
	return err;
}

int main(int argc, char **argv)
{
	struct server_config config = { 0 };
	struct reason why = { .text = "cannot make a node" };
	struct server *server;
	struct node *node;
	char address[32];

	if (argc != 2) {
		fprintf(stderr, "usage: bench-peers PORT\n");
		return 2;
	}
	snprintf(address, sizeof(address), "127.0.0.1:%s", argv[1]);
	config.listen = address;
	if (bench_node(&node) < 0 ||
	    server_create(&server, node, &config, &why) < 0) {
		fprintf(stderr, "bench-peers: %s\n", why.text);
		return 1;
	}
	for (;;)
		pause();
}
