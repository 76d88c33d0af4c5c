/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* AWS's credentials file: what is taken from it can be put into a header, and
 * what is refused leaves nothing behind and tells no secret. */
#include "getter/url/awskeys.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_key(const char *key)
{
	assert(strlen(key) < AWSKEYS_MAX);
	for (; *key; key++)
		assert(isgraph((unsigned char)*key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	struct reason why = { "" };
	struct awskeys keys;
	int err;

	assert(text);
	memcpy(text, data, size);
	err = awskeys_parse(&keys, text, size, "default", "file", &why);
	assert(err == 0 || err == -EINVAL);
	assert(!err == !*why.text);
	assert(!err == (*keys.access && *keys.secret));
	check_key(keys.access);
	check_key(keys.secret);
	check_key(keys.token);
	free(text);
	return 0;
}
