/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The URL of a Redis server and the names of its keys: what is accepted is
 * complete, a refusal has a reason and keeps the text to itself, and a key
 * comes out of its template byte for byte.  The input: a byte for the key's
 * length, the key, the text.
 */
#include "getter/redis/name.h"
#include "getter/redis/url.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_url(const char *text)
{
	struct reason why = { "" };
	struct redisurl url;
	int err = redisurl_parse(&url, text, &why);

	if (err) {
		assert(err == -EINVAL && why.text[0]);
		return;
	}
	assert(!url.host != !url.path);
	assert(!url.host || (*url.host && !strpbrk(url.host, "/@?# \t\n")));
	assert(!url.path || *url.path == '/');
	assert(url.path || (url.port > 0 && url.port <= 65535));
	assert(strlen(url.label) < sizeof(url.label));
	redisurl_release(&url);
}

static void check_key(const char *template, struct key key)
{
	static const char group[] = "g";
	struct reason why = { "" };
	struct buf name;

	if (rediskey_check(template, &why) != 0) {
		assert(why.text[0]);
		return;
	}
	buf_init(&name, (size_t)1 << 20);
	assert(rediskey_expand(template, group, key, &name) == 0);
	assert(name.len >= key.len);
	assert(!key.len || memmem(name.data, name.len, key.data, key.len));
	buf_release(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct key key;
	char *text;

	if (size < 1)
		return 0;
	key = key_of((const char *)data + 1,
	             data[0] < size - 1 ? data[0] : size - 1);
	text = strndup(key.data + key.len, size - 1 - key.len);
	assert(text);
	check_url(text);
	check_key(text, key);
	free(text);
	return 0;
}
