/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key is never more than part of a word: whatever the line, filling it
 * with any key keeps the number of words, and a word without a placeholder
 * comes through as it was split.  The first byte of the input says how long
 * the key is, the rest is the line.
 */
#include "getter/command/argv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const struct argv *a, struct key key)
{
	char **words = argv_fill(a, "group", key);
	size_t n = 0;

	if (!words) {
		assert(errno == EINVAL);
		assert(memchr(key.data, '\0', key.len));
		return;
	}
	for (; words[n]; n++) {
		if (!strchr(a->words[n], '{'))
			assert(strcmp(words[n], a->words[n]) == 0);
		if (strcmp(a->words[n], "{key}") == 0) {
			assert(strlen(words[n]) == key.len);
			assert(memcmp(words[n], key.data, key.len) == 0);
		}
	}
	assert(n == a->count);
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reason why = { "" };
	struct argv a;
	size_t key_len;
	char *line;

	if (size < 1)
		return 0;
	key_len = data[0] < size - 1 ? data[0] : size - 1;
	line = strndup((const char *)data + 1 + key_len, size - 1 - key_len);
	assert(line);
	if (argv_split(&a, line, &why) == 0) {
		assert(a.count > 0 && a.words[0][0] && !a.words[a.count]);
		check_words(&a, key_of((const char *)data + 1, key_len));
	} else {
		assert(why.text[0] && !a.words);
	}
	argv_release(&a);
	free(line);
	return 0;
}
