/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No key changes where a URL leads: the template up to its path is kept byte
 * for byte, what comes out is clean ASCII for ASCII templates, and a decoded
 * file path has no dot segment.  The input: a byte for the key's length, the
 * key, the template; the same key also goes through fixed templates.
 */
#include "getter/url/template.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_clean(const char *at)
{
	for (; *at; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
			return false;
	return true;
}

static void check(const char *text, const char *kept, struct key key)
{
	struct template *t;
	struct buf url;
	int err;

	buf_init(&url, 4096);
	assert(template_create(&t, text, NULL) == 0);
	err = template_expand(t, "g", key, &url);
	assert(err == 0 || err == -ENOENT);
	assert(strlen(url.data) == url.len);
	assert(strncmp(url.data, kept, strlen(kept)) == 0);
	assert(is_clean(url.data));
	if (err == 0 && !strchr(url.data + strlen(kept), '%')) {
		assert(!strstr(url.data, "/../"));
		assert(!strstr(url.data, "/./"));
	}
	template_destroy(t);
	buf_release(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reason why = { "" };
	struct template *t;
	struct buf url;
	struct key key;
	char *text;

	if (size < 1)
		return 0;
	key = key_of((const char *)data + 1,
	             data[0] < size - 1 ? data[0] : size - 1);
	check("file:///d/{+key}", "file:///d/", key);
	check("ftp://h/d/{key}", "ftp://h/d/", key);

	text = strndup(key.data + key.len, size - 1 - key.len);
	assert(text);
	buf_init(&url, 65536);
	if (template_create(&t, text, &why) == 0) {
		size_t head = strcspn(text, "{");
		int err = template_expand(t, "g", key, &url);

		assert(err == 0 || err == -ENOENT || err == -EFBIG);
		if (err != -EFBIG)
			assert(memcmp(url.data, text, head) == 0);
		template_destroy(t);
	} else {
		assert(why.text[0] && !t);
	}
	buf_release(&url);
	free(text);
	return 0;
}
