/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "group/failures.h"

#include <stdlib.h>
#include <string.h>

struct failure {
	struct list_node node;
	struct reason why;
	struct key key;
	char bytes[];
};

static struct failure *failure_at(const struct list_node *node)
{
	return container_of(node, struct failure, node);
}

static struct failure *failure_find(const struct failures *f, struct key key)
{
	const struct list_node *n;

	for (n = f->list.next; n != &f->list; n = n->next) {
		struct failure *fail = failure_at(n);

		if (fail->key.hash == key.hash && key_equal(fail->key, key))
			return fail;
	}
	return NULL;
}

static void failure_drop(struct failures *f, struct failure *fail)
{
	list_remove(&fail->node);
	free(fail);
	f->count--;
}

void failures_init(struct failures *f)
{
	list_init(&f->list);
	f->count = 0;
}

void failures_release(struct failures *f)
{
	struct list_node *node;

	while ((node = list_pop(&f->list)))
		free(failure_at(node));
	f->count = 0;
}

void failures_add(struct failures *f, struct key key, const struct reason *why)
{
	struct failure *fail;

	failures_forget(f, key);
	if (f->count == FAILURES_MAX)
		failure_drop(f, failure_at(f->list.prev));
	fail = malloc(sizeof(*fail) + key.len);
	if (!fail)
		return;
	fail->why = *why;
	fail->key = key_copy(key, fail->bytes);
	list_insert(&f->list, &fail->node);
	f->count++;
}

void failures_forget(struct failures *f, struct key key)
{
	struct failure *fail = f->count ? failure_find(f, key) : NULL;

	if (fail)
		failure_drop(f, fail);
}

bool failures_find(const struct failures *f, struct key key, struct reason *why)
{
	const struct failure *fail = failure_find(f, key);

	if (fail)
		*why = fail->why;
	return fail != NULL;
}
