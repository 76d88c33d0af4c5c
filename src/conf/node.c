/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/node.h"

#include "peer/placement/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* DREAMEMO's client asks a member for its heartbeat every ten seconds and
 * panics when one that it believes in does not answer. */
#define DRAIN_MS 12000

/* What was not said follows from the protocol. */
static void node_default(struct conf_node *node, const struct confblock *block)
{
	if (!node->placement)
		node->placement = placement_find(node->protocol->placement);
	if (!node->replicas)
		node->replicas = (int)node->placement->replicas;
	if (!confblock_find(block, "drain"))
		node->drain_ms = node->protocol->heartbeat ? DRAIN_MS : 0;
}

static bool is_self(const struct conf_node *node)
{
	for (size_t i = 0; i < node->peers.count; i++)
		if (strcmp(node->peers.items[i], node->self) == 0)
			return true;
	return false;
}

/* Only the ring knows what it can be made of. */
static int ring_check(const struct conf_node *node, const struct confsaid *self,
                      const struct confsaid *peers, struct reason *why)
{
	struct reason wrong = { "" };
	const struct confsaid *culprit =
	        node->peers.count && !is_self(node) ? self : peers;
	struct ring *ring;
	int err = ring_create(&ring, node->placement,
	                      (const char *const *)node->peers.items,
	                      node->peers.count, node->self,
	                      (unsigned int)node->replicas, &wrong);

	if (err)
		return confplace_fail(culprit->at, err, why, "%s", wrong.text);
	ring_unref(ring);
	return 0;
}

static int peers_check(const struct conf_node *node,
                       const struct confblock *block, struct reason *why)
{
	const struct confsaid *self = confblock_find(block, "self");
	const struct confsaid *peers = confblock_find(block, "peers");

	if (!self && !peers)
		return 0;
	if (!peers)
		return confplace_fail(self->at, -EINVAL, why,
		                      "'self' without 'peers'");
	if (!self)
		return confplace_fail(
		        peers->at, -EINVAL, why,
		        "'peers' without 'self': which of them is this node?");
	if (!node->listen)
		return confplace_fail(peers->at, -EINVAL, why,
		                      "'peers' without 'listen': they could "
		                      "not reach this node");
	return ring_check(node, self, peers, why);
}

int confnode_complete(struct conf_node *node, struct confblock *block,
                      struct reason *why)
{
	const struct confsaid *codec = confblock_find(block, "codec");

	node_default(node, block);
	if (!node->protocol->codecs && node->codec != codec_find("protobuf"))
		return confplace_fail(codec->at, -EINVAL, why,
		                      "codec: '%s' is not for protocol '%s'",
		                      node->codec->name, node->protocol->name);
	return peers_check(node, block, why);
}
