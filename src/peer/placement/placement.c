/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/placement/placement.h"

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

struct placement {
	const struct placement_ops *ops;
	void *state;
	size_t count;
};

const struct placement_ops *placement_find(const char *name)
{
	for (size_t i = 0; placement_table[i]; i++)
		if (strcmp(placement_table[i]->name, name) == 0)
			return placement_table[i];
	return NULL;
}

int placement_create(struct placement **out, const struct placement_ops *ops,
                     const char *const *nodes, size_t count,
                     unsigned int replicas)
{
	struct placement *p;
	int err;

	if (count == 0 || count > PLACEMENT_NODES_MAX ||
	    replicas > PLACEMENT_REPLICAS_MAX)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->ops = ops;
	p->count = count;
	err = ops->create(&p->state, nodes, count,
	                  replicas ? replicas : ops->replicas);
	if (err) {
		free(p);
		return err;
	}
	*out = p;
	return 0;
}

void placement_destroy(struct placement *p)
{
	if (!p)
		return;
	p->ops->destroy(p->state);
	free(p);
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

const char *placement_name(const struct placement *p)
{
	return p->ops->name;
}
