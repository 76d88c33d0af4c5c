/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Circular doubly linked lists, embedded in what they link. */
#ifndef DREAMFS_LIST_H
#define DREAMFS_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *prev, *next;
};

/* The structure of type `type` whose member `member` is `node`. */
#define container_of(node, type, member) \
	((type *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list_node *head)
{
	head->prev = head->next = head;
}

static inline bool list_empty(const struct list_node *head)
{
	return head->next == head;
}

/* Puts `node` behind `at`: list_insert(head, n) is the front. */
static inline void list_insert(struct list_node *at, struct list_node *node)
{
	node->prev = at;
	node->next = at->next;
	at->next->prev = node;
	at->next = node;
}

/* The node is on no list afterwards and may be removed again. */
static inline void list_remove(struct list_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->prev = node->next = node;
}

/* Takes the first out; NULL when there is none. */
static inline struct list_node *list_pop(struct list_node *head)
{
	struct list_node *first = head->next;

	if (first == head)
		return NULL;
	list_remove(first);
	return first;
}

#endif
