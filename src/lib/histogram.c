/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/histogram.h"

#include <stddef.h>

const int64_t histogram_bounds[HISTOGRAM_BOUNDS] = {
	500,    1000,   2500,    5000,    10000,   25000,    50000,    100000,
	250000, 500000, 1000000, 2500000, 5000000, 15000000, 60000000,
};

void histogram_add(struct histogram *h, int64_t us)
{
	size_t n = 0;

	us = us > 0 ? us : 0;
	while (n < HISTOGRAM_BOUNDS && us > histogram_bounds[n])
		n++;
	atomic_fetch_add_explicit(&h->of[n], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_us, (uint64_t)us,
	                          memory_order_relaxed);
}

struct histogram_figures histogram_read(const struct histogram *h)
{
	struct histogram_figures f = { .count = 0 };

	f.sum_us = atomic_load_explicit(&h->sum_us, memory_order_relaxed);
	for (size_t n = 0; n <= HISTOGRAM_BOUNDS; n++) {
		f.count +=
		        atomic_load_explicit(&h->of[n], memory_order_relaxed);
		if (n < HISTOGRAM_BOUNDS)
			f.upto[n] = f.count;
	}
	return f;
}
