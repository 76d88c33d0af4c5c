/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted is in range, and its spelling reads back the same. */
#include "lib/units.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void size_check(const char *text)
{
	char spelled[UNITS_TEXT_MAX];
	uint64_t bytes, again;

	if (size_parse(text, &bytes) != 0)
		return;
	assert(bytes <= UINT64_C(1) << 62);
	assert(size_parse(size_format(bytes, spelled), &again) == 0);
	assert(again == bytes);
}

static void duration_check(const char *text)
{
	char spelled[UNITS_TEXT_MAX];
	int64_t ms, again;

	if (duration_parse(text, &ms) != 0)
		return;
	assert(ms >= 0 && ms <= INT64_C(10000) * 24 * 3600 * 1000);
	assert(duration_parse(duration_format(ms, spelled), &again) == 0);
	assert(again == ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	double share;

	assert(text);
	size_check(text);
	duration_check(text);
	if (share_parse(text, &share) == 0)
		assert(share >= 0 && share <= 1);
	free(text);
	return 0;
}
