/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/placement/placement.h"
#include "peer/placement/stablehash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

extern const struct placement_ops placement_groupcache, placement_dreamemo,
        placement_rendezvous, placement_jump;

const struct placement_ops *const placement_table[] = {
	&placement_groupcache,
	&placement_dreamemo,
	&placement_rendezvous,
	&placement_jump,
	NULL,
};

const struct placement_ops *placement_find(const char *name)
{
	for (size_t i = 0; placement_table[i]; i++)
		if (strcmp(placement_table[i]->name, name) == 0)
			return placement_table[i];
	return NULL;
}

int placement_init(struct placement *p, const struct placement_ops *ops,
                   const char *const *nodes, size_t count,
                   unsigned int replicas)
{
	*p = (struct placement){ .ops = ops, .count = count };
	if (count == 0 || count > PLACEMENT_NODES_MAX ||
	    replicas > PLACEMENT_REPLICAS_MAX)
		return -EINVAL;
	return ops->create(&p->state, nodes, count,
	                   replicas ? replicas : ops->replicas);
}

void placement_release(struct placement *p)
{
	free(p->state);
}

size_t placement_owner(const struct placement *p, struct key key,
                       const struct placement_alive *alive)
{
	return p->ops->owner(p->state, key, alive);
}

void placement_shares(const struct placement *p, double *out)
{
	if (p->ops->shares) {
		p->ops->shares(p->state, out);
		return;
	}
	for (size_t i = 0; i < p->count; i++)
		out[i] = 1.0 / (double)p->count;
}

static int seat_compare(const void *a, const void *b)
{
	const struct seat *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int seats_create(void **state, const char *const *nodes, size_t count,
                 unsigned int replicas)
{
	struct seats *s = calloc(1, sizeof(*s) + count * sizeof(s->by_name[0]));

	(void)replicas;
	if (!s)
		return -ENOMEM;
	s->count = count;
	for (size_t i = 0; i < count; i++)
		s->by_name[i] = (struct seat){
			.name = nodes[i],
			.hash = stable_hash(nodes[i], strlen(nodes[i])),
			.node = i,
		};
	qsort(s->by_name, count, sizeof(s->by_name[0]), seat_compare);
	for (size_t i = 0; i < count; i++)
		s->by_name[i].name = NULL;
	*state = s;
	return 0;
}
