/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long things took: counts by upper bound, as Prometheus has them, from
 * half a millisecond to a minute.  Any thread may add; reading does not stop
 * the others, so the figures of one reading may be apart by those that were
 * being added.
 */
#ifndef DREAMFS_HISTOGRAM_H
#define DREAMFS_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS 15

/* Upper bounds in microseconds, each included; what is above the last one is
 * in a bucket of its own. */
extern const int64_t histogram_bounds[HISTOGRAM_BOUNDS];

struct histogram {
	atomic_uint_fast64_t of[HISTOGRAM_BOUNDS + 1];
	atomic_uint_fast64_t sum_us;
};

struct histogram_figures {
	uint64_t upto[HISTOGRAM_BOUNDS]; /* that took no longer */
	uint64_t count, sum_us;
};

void histogram_add(struct histogram *h, int64_t us);
struct histogram_figures histogram_read(const struct histogram *h);

#endif
