/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/wire/dialect.h"

#include <stddef.h>
#include <string.h>

const struct dialect dialect_groupcache = {
	.name = "groupcache",
	.base = "/_groupcache/",
	.content_type = "application/x-protobuf",
	.placement = "groupcache",
	.no_group = 404,
	.no_group_text = "no such group",
};

const struct dialect dialect_dreamemo = {
	.name = "dreamemo",
	.base = "/_dreamemo/",
	.content_type = "application/octet-stream",
	.placement = "dreamemo",
	.no_group = 400,
	.no_group_text = "No Such Group",
	.codecs = true,
	.empty_is_omitted = true,
	.heartbeat = true,
};

const struct dialect *const dialect_table[] = {
	&dialect_groupcache,
	&dialect_dreamemo,
	NULL,
};

const struct dialect *dialect_find(const char *name)
{
	for (size_t i = 0; dialect_table[i]; i++)
		if (strcmp(dialect_table[i]->name, name) == 0)
			return dialect_table[i];
	return NULL;
}
