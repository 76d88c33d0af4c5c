/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/backlog.h"

#include <stdlib.h>
#include <string.h>

static struct notice *notice_at(struct list_node *node)
{
	return container_of(node, struct notice, node);
}

static struct notice *notice_create(const char *group, struct key key)
{
	struct notice *n = malloc(sizeof(*n) + key.len + strlen(group) + 1);

	if (!n)
		return NULL;
	n->whole = !key.data;
	n->key = key_copy(key, n->bytes);
	n->group = n->bytes + key.len;
	memcpy(n->group, group, strlen(group) + 1);
	return n;
}

void notice_destroy(struct notice *n)
{
	free(n);
}

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
		notice_destroy(n);
}

/* Drops what the group's own notice will cover. */
static void backlog_drop_group(struct backlog *b, const char *group)
{
	struct list_node *node = b->queue.next, *next;

	for (; node != &b->queue; node = next) {
		struct notice *n = notice_at(node);

		next = node->next;
		if (strcmp(n->group, group) != 0)
			continue;
		list_remove(node);
		notice_destroy(n);
		b->count--;
	}
}

bool backlog_add(struct backlog *b, const char *group, struct key key)
{
	struct notice *n;

	if (b->count >= b->max)
		key = key_of(NULL, 0);
	n = notice_create(group, key);
	if (!n)
		return false;
	if (n->whole)
		backlog_drop_group(b, group);
	list_insert(b->queue.prev, &n->node);
	b->count++;
	return true;
}

bool backlog_empty(const struct backlog *b)
{
	return b->count == 0;
}

struct notice *backlog_take(struct backlog *b)
{
	struct notice *n;

	if (b->count == 0)
		return NULL;
	n = notice_at(b->queue.next);
	list_remove(&n->node);
	b->count--;
	return n;
}

void backlog_return(struct backlog *b, struct notice *n)
{
	list_insert(&b->queue, &n->node);
	b->count++;
}
