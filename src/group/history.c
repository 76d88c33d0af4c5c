/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "group/history.h"

static const char *const names[] = {
#define X(name) #name,
	HISTORY_COLUMNS(X)
#undef X
};

void history_add(struct history *h, const uint64_t of[HISTORY_COLUMN_COUNT])
{
	for (int c = 0; c < HISTORY_COLUMN_COUNT; c++) {
		uint64_t gained = of[c] - h->last[c];

		h->of[h->next][c] =
		        gained < UINT32_MAX ? (uint32_t)gained : UINT32_MAX;
		h->last[c] = of[c];
	}
	h->next = (h->next + 1) % HISTORY_SAMPLES;
	if (h->count < HISTORY_SAMPLES)
		h->count++;
}

int history_print(const struct history *h, struct buf *out)
{
	unsigned int first = h->next + HISTORY_SAMPLES - h->count;

	for (int c = 0; c < HISTORY_COLUMN_COUNT; c++) {
		buf_printf(out, "%s%s=", c ? " " : "", names[c]);
		for (unsigned int i = 0; i < h->count; i++)
			buf_printf(out, "%s%u", i ? "," : "",
			           h->of[(first + i) % HISTORY_SAMPLES][c]);
	}
	return out->err;
}
