/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Milliseconds of CLOCK_MONOTONIC: the time of all deadlines and expiries; and
 * Unix time, for who is told when something was. */
#ifndef DREAMFS_CLOCK_H
#define DREAMFS_CLOCK_H

#include <pthread.h>
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

static inline struct timespec clock_timespec(int64_t ms)
{
	return (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
}

/* For pthread_cond_timedwait() by this clock. */
static inline void clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

#define CLOCK_NS_PER_S INT64_C(1000000000)

/* Unix time in nanoseconds.  Somebody may set this clock, back as well. */
static inline int64_t clock_unix_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

#endif
