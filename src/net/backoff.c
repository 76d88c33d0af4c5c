/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/backoff.h"

#include "lib/clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/random.h>

#define FIRST_MS 100
#define MOST_MS  2000

int64_t backoff_ms(int failures)
{
	int64_t most = (int64_t)FIRST_MS << (failures < 10 ? failures : 10);
	uint32_t dice = UINT32_MAX;

	most = most < MOST_MS ? most : MOST_MS;
	/* Without dice, all of it. */
	(void)!getrandom(&dice, sizeof(dice), GRND_NONBLOCK);
	return (int64_t)dice * most >> 32;
}

int backoff_wait(int cancel_fd, int64_t ms)
{
	struct pollfd p = { cancel_fd, POLLIN, 0 };
	struct timespec time = clock_timespec(ms);

	return ppoll(&p, 1, &time, NULL) > 0 ? -ECANCELED : 0;
}
