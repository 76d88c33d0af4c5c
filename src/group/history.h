/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a group did lately: what each counter gained in each of the last
 * HISTORY_SAMPLES spans of HISTORY_MS, an hour in all.  For plots.
 *
 * The owner's lock protects it.
 */
#ifndef DREAMFS_HISTORY_H
#define DREAMFS_HISTORY_H

#include "lib/buf.h"

#include <stdint.h>

#define HISTORY_SAMPLES 360
#define HISTORY_MS      10000

#define HISTORY_COLUMNS(X) \
	X(gets)   /* requests of any kind */ \
	X(loads)  /* those that were not answered from the cache */ \
	X(errors) /* loads that failed */

enum history_column {
#define X(name) HISTORY_##name,
	HISTORY_COLUMNS(X)
#undef X
	        HISTORY_COLUMN_COUNT
};

struct history {
	uint64_t last[HISTORY_COLUMN_COUNT]; /* totals of the last sample */
	uint32_t of[HISTORY_SAMPLES][HISTORY_COLUMN_COUNT];
	unsigned int next, count;
};

/* All zeros is empty.  Adds a sample, from the totals since the beginning. */
void history_add(struct history *h, const uint64_t of[HISTORY_COLUMN_COUNT]);
/* Appends "gets=1,2,3 loads=..." with the oldest first, one number for each
 * span; 0 or a negative errno. */
int history_print(const struct history *h, struct buf *out);

#endif
