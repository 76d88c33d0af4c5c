/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's reports, whatever they say, are refused with a reason or shown:
 * with nothing that a terminal would obey, and as JSON in one line.  The input
 * is both texts with a NUL between.
 */
#include "cli/stats/screen.h"
#include "cli/stats/view.h"

#include <assert.h>
#include <locale.h>
#include <string.h>

#define OUT_MAX (16UL << 20)

static void table_check(struct stats_view *v)
{
	struct buf out;

	buf_init(&out, OUT_MAX);
	assert(stats_table_print(v, &out) == 0);
	for (size_t n = 0; n < out.len; n++)
		assert((unsigned char)out.data[n] >= ' ' ||
		       out.data[n] == '\n');
	buf_release(&out);
}

static void json_check(const struct stats_view *v)
{
	struct buf out;

	buf_init(&out, OUT_MAX);
	assert(stats_json_print(v, &out) == 0);
	assert(out.len > 2 && out.data[0] == '{' &&
	       memchr(out.data, '\n', out.len) == out.data + out.len - 1);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stats_sample s = { .at_us = 2000000 }, before = { .at_us = 1 };
	struct stats_view v = { &s, NULL, size ? data[0] : 80, 24, true, NULL };
	struct reason why = { "" };
	struct buf answer;

	setlocale(LC_CTYPE, "C.UTF-8");
	buf_init(&answer, STATSTEXT_MAX);
	assert(buf_append(&answer, data, size) == 0);
	if (!memchr(data, '\0', size))
		assert(buf_append(&answer, "", 1) == 0);
	if (statstext_parse(&s.text, &answer, &why) < 0) {
		assert(why.text[0]);
		return 0;
	}
	json_check(&v);
	table_check(&v);
	before.text = s.text;
	v.before = &before;
	v.width = SCREEN_WIDE;
	json_check(&v);
	table_check(&v);
	statstext_release(&s.text);
	return 0;
}
