/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pauses between attempts: random below a bound that doubles with each failure
 * (full jitter), so that many who failed together do not come back together.
 */
#ifndef DREAMFS_BACKOFF_H
#define DREAMFS_BACKOFF_H

#include <stdint.h>

/* How long to wait after so many failures in a row, counted from 0: at most
 * 100 ms, 200 ms, … 2 s. */
int64_t backoff_ms(int failures);

/* Waits; 0 after that time, -ECANCELED when the descriptor (-1: none) is
 * readable. */
int backoff_wait(int cancel_fd, int64_t ms);

#endif
