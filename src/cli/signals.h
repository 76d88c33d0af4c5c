/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals: TERM and INT drain, a second one ends it at once; HUP reloads the
 * configuration; USR1 logs the counters.
 */
#ifndef DREAMFS_CLI_SIGNALS_H
#define DREAMFS_CLI_SIGNALS_H

#include "cli/deploy.h"
#include "fs/fs.h"

#include <pthread.h>
#include <stdatomic.h>

struct signals {
	pthread_t thread;
	struct deploy *deploy;
	struct fs *fs;    /* NULL: a node without a mount */
	atomic_bool over; /* fs_run() has returned */
};

/* In the main thread, before any other is started. */
void signals_block(void);

/* A mounted node's, on a thread of their own.  0 or a negative errno; borrows
 * both until signals_stop(). */
int signals_start(struct signals *s, struct deploy *d, struct fs *fs);
/* After fs_run() has returned.  If nobody has asked for it, the node leaves its
 * peers now: blocks until it has. */
void signals_stop(struct signals *s);

/* Those of a node without a mount, on this thread: returns when it is to go,
 * drained. */
void signals_serve(struct deploy *d);

#endif
