/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals, taken by a thread of their own: TERM and INT drain and unmount, a
 * second one at once; HUP reloads the configuration; USR1 logs the counters.
 */
#ifndef DREAMFS_CLI_SIGNALS_H
#define DREAMFS_CLI_SIGNALS_H

#include "cli/deploy.h"
#include "fs.h"

struct signals;

/* In the main thread, before any other is started. */
void signals_block(void);

/* 0 or a negative errno; borrows both until signals_stop(). */
int signals_start(struct signals **out, struct deploy *d, struct fs *fs);
/* After fs_run() has returned. */
void signals_stop(struct signals *s);

#endif
