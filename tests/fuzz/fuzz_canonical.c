/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* URLs to be signed: each form is its own canonical form and has no byte that
 * would need another; only other services' paths are encoded once more. */
#include "getter/url/canonical.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* As a NUL-terminated URL, all of its bytes canonical ones. */
static const char *path_of(const struct buf *url)
{
	const char *path = strchr(strstr(url->data, "://") + 3, '/');

	assert(path && strlen(url->data) == url->len);
	assert(path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                         "abcdefghijklmnopqrstuvwxyz"
	                         "0123456789-._~%/?&=")] == '\0');
	return path;
}

static void check(bool s3, const char *url)
{
	struct buf once, twice, sign, again;
	int err;

	buf_init(&once, 1 << 20);
	buf_init(&twice, 1 << 20);
	buf_init(&sign, 1 << 20);
	buf_init(&again, 1 << 20);
	err = canonical_url(url, s3, &once);
	assert(err == 0 || (err == -ENOENT && s3));
	if (err == 0) {
		size_t path = strcspn(path_of(&once), "?");

		assert(canonical_url(once.data, s3, &twice) == 0);
		assert(strcmp(once.data, twice.data) == 0);
		assert(canonical_signed(once.data, s3, &sign) == 0);
		assert(!s3 || strcspn(path_of(&sign), "?") == path);
		assert(canonical_url(sign.data, s3, &again) == 0);
		assert(strcmp(sign.data, again.data) == 0);
	}
	buf_release(&once);
	buf_release(&twice);
	buf_release(&sign);
	buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char start[] = "https://h/";
	char *url = malloc(sizeof(start) + size);

	assert(url);
	memcpy(url, start, sizeof(start) - 1);
	memcpy(url + sizeof(start) - 1, data, size);
	url[sizeof(start) - 1 + size] = '\0';
	check(true, url);
	check(false, url);
	free(url);
	return 0;
}
