/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the origin says: between nothing and a year, never more with an
 * Age than without, and nothing once the fields say no-store.  The input is
 * up to five lines, one a field.
 */
#include "getter/url/freshness.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_MS (INT64_C(31536000) * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text;
	struct freshness f = { 0 };
	char *no_store;
	int64_t ms;

	assert(text);
	f.cache_control = strsep(&rest, "\n");
	f.expires = strsep(&rest, "\n");
	f.date = strsep(&rest, "\n");
	f.last_modified = strsep(&rest, "\n");
	ms = freshness_ms(&f, 784111777);
	assert(ms >= 0 && ms <= YEAR_MS);
	f.age = strsep(&rest, "\n");
	assert(freshness_ms(&f, 784111777) <= ms);

	assert(asprintf(&no_store, "no-store,%s", f.cache_control) > 0);
	f.cache_control = no_store;
	assert(freshness_ms(&f, 784111777) == 0);
	free(no_store);
	free(text);
	return 0;
}
