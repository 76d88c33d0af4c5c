/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Milliseconds of CLOCK_MONOTONIC: the time of all deadlines and expiries. */
#ifndef DREAMFS_CLOCK_H
#define DREAMFS_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER INT64_MAX

static inline int64_t clock_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* The same clock in microseconds, to measure with. */
static inline int64_t clock_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* `after` milliseconds from `now`; CLOCK_NEVER for 0, which means never
 * wherever a duration is configured. */
static inline int64_t clock_after(int64_t now, int64_t after)
{
	return after > 0 ? now + after : CLOCK_NEVER;
}

#endif
