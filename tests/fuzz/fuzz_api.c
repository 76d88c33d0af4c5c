/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a request to the front door says: a first byte chooses, the rest is
 * percent-encoding, a range, tags and dates, or text to be made JSON. */
#include "lib/json.h"
#include "lib/key.h"
#include "net/date.h"
#include "serve/conditional.h"
#include "serve/range.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_percent(const char *bytes, size_t n)
{
	char *room = malloc(n + 1);
	struct key out;

	assert(room);
	for (int plus = 0; plus < 2; plus++)
		if (key_decode(&out, bytes, n, plus, room) == 0)
			assert(out.data == room && out.len <= n);
	free(room);
}

static void fuzz_range(const char *text)
{
	static const size_t sizes[] = { 0, 1, 10, 1000, SIZE_MAX };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct range r = range_parse(text, sizes[i]);

		assert(r.from <= sizes[i] && r.len <= sizes[i] - r.from);
		assert(r.kind != RANGE_PART || r.len > 0);
		assert(r.kind != RANGE_BEYOND || r.len == 0);
		assert(r.kind != RANGE_WHOLE || r.len == sizes[i]);
	}
}

static void fuzz_conditions(const char *text)
{
	struct conditions c = { .match = text };
	char date[HTTP_DATE_MAX];
	int64_t when = http_date_parse(text);
	int status = conditions_check(&c, "\"v1\"", 0);

	assert(status == 200 || status == 412);
	c = (struct conditions){ .none_match = text };
	status = conditions_check(&c, "\"v1\"", 0);
	assert(status == 200 || status == 304);
	c = (struct conditions){ .modified_since = text,
		                 .unmodified_since = text };
	status = conditions_check(&c, "\"v1\"", 784111777);
	assert(status == 200 || status == 304 || status == 412);
	/* A strong tag is in the list that it alone is. */
	if (etag_is_strong(text)) {
		c = (struct conditions){ .match = text };
		assert(conditions_check(&c, text, 0) == 200);
		assert(if_range_holds(text, text));
	}
	if (when >= 0 && http_date_format(when, date))
		assert(http_date_parse(date) == when);
}

/* It is ASCII or UTF-8 without controls, quoted, and no longer than it may
 * be. */
static void fuzz_json(const char *bytes, size_t n)
{
	struct buf out;

	buf_init(&out, 6 * n + 2);
	assert(json_string(&out, bytes, n) == 0);
	assert(out.len >= 2 && out.data[0] == '"');
	assert(out.data[out.len - 1] == '"');
	for (size_t i = 1; i + 1 < out.len; i++) {
		assert((unsigned char)out.data[i] >= ' ');
		assert(!strchr("<>&", out.data[i]));
		if (out.data[i] == '"')
			assert(out.data[i - 1] == '\\');
	}
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data + 1;
	char *text;

	if (size == 0)
		return 0;
	text = strndup(bytes, size - 1);
	assert(text);
	switch (data[0] % 4) {
	case 0:
		fuzz_percent(bytes, size - 1);
		break;
	case 1:
		fuzz_range(text);
		break;
	case 2:
		fuzz_conditions(text);
		break;
	default:
		fuzz_json(bytes, size - 1);
	}
	free(text);
	return 0;
}
