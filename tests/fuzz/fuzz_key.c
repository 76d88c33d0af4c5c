/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Every key has a spelling that a directory can hold and that reads back as
 * that key; every name reads as a key, whose spelling then stays. */
#include "lib/key.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Exact allocations, so that one byte too far is seen. */
static char *spell(struct key k, size_t *len)
{
	char *room = malloc(3 * k.len + 1), *name;

	assert(room);
	*len = key_to_name(k, room);
	assert(*len >= k.len && *len <= 3 * k.len && room[*len] == '\0');
	assert(!memchr(room, '/', *len) && !memchr(room, '\0', *len));
	assert(strcmp(room, ".") != 0 && strcmp(room, "..") != 0);
	name = malloc(*len + 1);
	assert(name);
	memcpy(name, room, *len + 1);
	free(room);
	return name;
}

static char *key_read(const char *name, size_t len, size_t *key_len)
{
	char *out = malloc(len + !len);

	assert(out);
	*key_len = key_from_name(name, len, out);
	assert(*key_len <= len);
	return out;
}

static void round_trip(struct key k)
{
	size_t name_len, len;
	char *name = spell(k, &name_len);
	char *back = key_read(name, name_len, &len);

	assert(key_equal(k, key_of(back, len)));
	assert(k.hash == key_of(back, len).hash);
	free(name);
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len;
	char *read;

	if (size == 0 || size > KEY_MAX)
		return 0;
	round_trip(key_of((const char *)data, size));
	read = key_read((const char *)data, size, &len);
	round_trip(key_of(read, len));
	free(read);
	return 0;
}
