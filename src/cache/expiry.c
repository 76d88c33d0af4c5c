/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/expiry.h"

#include <errno.h>
#include <stdlib.h>

#define EXPIRY_FIRST 64 /* places at the start */

static void place_set(struct expiry *x, size_t i, struct expiry_node *node)
{
	x->nodes[i] = node;
	node->place = i;
}

static void sift_up(struct expiry *x, size_t i, struct expiry_node *node)
{
	for (; i > 0; i = (i - 1) / 2) {
		struct expiry_node *parent = x->nodes[(i - 1) / 2];

		if (parent->at_ms <= node->at_ms)
			break;
		place_set(x, i, parent);
	}
	place_set(x, i, node);
}

static void sift_down(struct expiry *x, size_t i, struct expiry_node *node)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= x->count)
			break;
		if (child + 1 < x->count &&
		    x->nodes[child + 1]->at_ms < x->nodes[child]->at_ms)
			child++;
		if (x->nodes[child]->at_ms >= node->at_ms)
			break;
		place_set(x, i, x->nodes[child]);
		i = child;
	}
	place_set(x, i, node);
}

void expiry_release(struct expiry *x)
{
	free(x->nodes);
	*x = (struct expiry){ .nodes = NULL };
}

int expiry_add(struct expiry *x, struct expiry_node *node)
{
	if (x->count == x->cap) {
		size_t cap = x->cap ? x->cap * 2 : EXPIRY_FIRST;
		void *more = reallocarray(x->nodes, cap, sizeof(*x->nodes));

		if (!more)
			return -ENOMEM;
		x->nodes = more;
		x->cap = cap;
	}
	sift_up(x, x->count++, node);
	return 0;
}

void expiry_remove(struct expiry *x, struct expiry_node *node)
{
	size_t i = node->place;
	struct expiry_node *last;

	if (i == EXPIRY_NOWHERE)
		return;
	node->place = EXPIRY_NOWHERE;
	last = x->nodes[--x->count];
	if (last == node)
		return;
	if (last->at_ms < node->at_ms)
		sift_up(x, i, last);
	else
		sift_down(x, i, last);
}
