/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rings of groupcache and DREAMEMO.
 *
 * Each node has `replicas` points on a circle of 2^32, at the crc32 (IEEE)
 * of its name with a decimal number before (groupcache) or behind (DREAMEMO).
 * A key belongs to the first point at or after crc32(key), going round.
 *
 * Both programs keep the sorted points beside a map from point to node, which
 * a node added later overwrites: on equal points the last one added wins.
 * Here a point is one 64-bit number, the hash above the complement of the
 * node's index, so that plain sorting puts the winner first among equals, and
 * walking on from it past nodes that are down gives exactly the ring those
 * programs would build without these nodes.
 *
 *     bits 63…32: crc32 of the label   bits 31…0: ~index
 *
 * Sources: golang/groupcache consistenthash/consistenthash.go; DREAMEMO
 * strategy/distributed/consistenthash/consistenthash.go.
 */
#include "peer/placement/placement.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct crc32ring {
	size_t nodes;
	size_t count;      /* points */
	uint64_t points[]; /* ascending */
};

static uint32_t crc32_bytes(uint32_t seed, const char *bytes, size_t len)
{
	return (uint32_t)crc32_z(seed, (const unsigned char *)bytes, len);
}

static uint32_t point_hash(uint64_t point)
{
	return (uint32_t)(point >> 32);
}

static size_t point_node(uint64_t point)
{
	return UINT32_MAX - (uint32_t)point;
}

static int point_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint32_t label_hash(const char *name, unsigned int number, bool before)
{
	size_t len = strlen(name);
	char digits[16];
	size_t n = (size_t)snprintf(digits, sizeof(digits), "%u", number);

	if (before)
		return crc32_bytes(crc32_bytes(0, digits, n), name, len);
	return crc32_bytes(crc32_bytes(0, name, len), digits, n);
}

static int ring_build(void **state, const char *const *nodes, size_t count,
                      unsigned int replicas, bool before)
{
	struct crc32ring *r =
	        calloc(1, sizeof(*r) + count * replicas * sizeof(uint64_t));

	if (!r)
		return -ENOMEM;
	r->nodes = count;
	for (size_t i = 0; i < count; i++)
		for (unsigned int k = 0; k < replicas; k++)
			r->points[r->count++] =
			        (uint64_t)label_hash(nodes[i], k, before)
			                << 32 |
			        (uint32_t) ~(uint32_t)i;
	qsort(r->points, r->count, sizeof(uint64_t), point_compare);
	*state = r;
	return 0;
}

static int groupcache_create(void **state, const char *const *nodes,
                             size_t count, unsigned int replicas)
{
	return ring_build(state, nodes, count, replicas, true);
}

static int dreamemo_create(void **state, const char *const *nodes, size_t count,
                           unsigned int replicas)
{
	return ring_build(state, nodes, count, replicas, false);
}

static size_t crc32ring_owner(const void *state, struct key key,
                              const struct placement_alive *alive)
{
	const struct crc32ring *r = state;
	uint64_t wanted = (uint64_t)crc32_bytes(0, key.data, key.len) << 32;
	size_t first = 0, end = r->count;

	/* The first point at or behind the key's. */
	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (r->points[middle] < wanted)
			first = middle + 1;
		else
			end = middle;
	}
	for (size_t i = 0; i < r->count; i++) {
		size_t node = point_node(r->points[(first + i) % r->count]);

		if (placement_is_alive(alive, node))
			return node;
	}
	return PLACEMENT_NONE;
}

/* A point's arc reaches from behind the point before it up to itself; equal
 * points leave nothing to all but the first of them.  The first point's arc
 * comes round from the last one: all of the circle if there is no other. */
static void crc32ring_shares(const void *state, double *out)
{
	const struct crc32ring *r = state;
	uint32_t before = point_hash(r->points[r->count - 1]);
	const double circle = 4294967296.0;

	memset(out, 0, r->nodes * sizeof(*out));
	for (size_t i = 0; i < r->count; i++) {
		uint32_t here = point_hash(r->points[i]);
		double arc = (uint32_t)(here - before);

		if (i == 0 && here == before)
			arc = circle;
		out[point_node(r->points[i])] += arc / circle;
		before = here;
	}
}

const struct placement_ops placement_groupcache = {
	.name = "groupcache",
	.replicas = 50,
	.create = groupcache_create,
	.owner = crc32ring_owner,
	.shares = crc32ring_shares,
};

const struct placement_ops placement_dreamemo = {
	.name = "dreamemo",
	.replicas = 10,
	.create = dreamemo_create,
	.owner = crc32ring_owner,
	.shares = crc32ring_shares,
};
