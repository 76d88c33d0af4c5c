/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/evict/evict.h"

#include <string.h>

extern const struct evict_ops evict_lru, evict_lfu;

const struct evict_ops *const evict_table[] = {
	&evict_lru,
	&evict_lfu,
	NULL,
};

const struct evict_ops *evict_find(const char *name)
{
	for (size_t i = 0; evict_table[i]; i++)
		if (strcmp(evict_table[i]->name, name) == 0)
			return evict_table[i];
	return NULL;
}
