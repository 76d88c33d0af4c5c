/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/backlog.h"

#include <stdlib.h>
#include <string.h>

void backlog_init(struct backlog *b, size_t max)
{
	list_init(&b->queue);
	b->count = 0;
	b->max = max;
}

void backlog_release(struct backlog *b)
{
	struct notice *n;

	while ((n = backlog_take(b)))
		free(n);
}

bool backlog_add(struct backlog *b, const char *group, struct key key)
{
	struct list_node *at = b->queue.next, *next;
	struct notice *n;

	if (b->count >= b->max)
		key = key_of(NULL, 0);
	n = malloc(sizeof(*n) + key.len + strlen(group) + 1);
	if (!n)
		return false;
	n->whole = !key.data;
	n->key = key_copy(key, n->bytes);
	n->group = n->bytes + key.len;
	memcpy(n->group, group, strlen(group) + 1);
	/* The group's own notice covers the others. */
	for (; n->whole && at != &b->queue; at = next) {
		struct notice *old = container_of(at, struct notice, node);

		next = at->next;
		if (strcmp(old->group, group) != 0)
			continue;
		list_remove(at);
		free(old);
		b->count--;
	}
	list_insert(b->queue.prev, &n->node);
	b->count++;
	return true;
}

struct notice *backlog_take(struct backlog *b)
{
	struct list_node *first = list_pop(&b->queue);

	if (!first)
		return NULL;
	b->count--;
	return container_of(first, struct notice, node);
}

void backlog_return(struct backlog *b, struct notice *n)
{
	list_insert(&b->queue, &n->node);
	b->count++;
}
