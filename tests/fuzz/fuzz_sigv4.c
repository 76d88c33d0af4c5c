/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* URLs to be signed: the canonical form is its own canonical form, has no
 * byte that would need another, and can be signed. */
#include "getter/url/sigv4.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_signature(const struct sigv4 *s, const char *url)
{
	static const struct awskeys keys = { "A", "S", "T" };
	struct curl_slist *out = NULL;

	assert(sigv4_sign(s, &keys, 0, url, NULL, &out) == 0);
	for (struct curl_slist *h = out; h; h = h->next)
		assert(!strpbrk(h->data, "\r\n"));
	curl_slist_free_all(out);
}

static void check(const char *where, const char *url)
{
	struct buf once, twice;
	struct sigv4 s;
	int err;

	assert(sigv4_init(&s, where, NULL) == 0);
	buf_init(&once, 1 << 20);
	buf_init(&twice, 1 << 20);
	err = sigv4_url(&s, url, &once);
	assert(err == 0 || (err == -ENOENT && s.once));
	if (err == 0) {
		const char *path = strchr(strstr(once.data, "://") + 3, '/');

		assert(path && strlen(once.data) == once.len);
		assert(path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		                         "abcdefghijklmnopqrstuvwxyz"
		                         "0123456789-._~%/?&=")] == '\0');
		assert(sigv4_url(&s, once.data, &twice) == 0);
		assert(strcmp(once.data, twice.data) == 0);
		check_signature(&s, once.data);
	}
	buf_release(&once);
	buf_release(&twice);
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
	check("r", url);
	check("r/x", url);
	free(url);
	return 0;
}
