/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/wire/codec.h"

#include <string.h>

extern const struct codec_ops codec_protobuf, codec_thrift;

const struct codec_ops *const codec_table[] = {
	&codec_protobuf,
	&codec_thrift,
	NULL,
};

const struct codec_ops *codec_find(const char *name)
{
	for (size_t i = 0; codec_table[i]; i++)
		if (strcmp(codec_table[i]->name, name) == 0)
			return codec_table[i];
	return NULL;
}
