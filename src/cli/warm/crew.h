/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Those who load keys for `dreamfs warm`: threads that wait in stat(2), which
 * is all that it takes to have a key loaded.
 *
 * Belongs to one thread.  Waiting loads cannot be called back: to stop at
 * once, end the process.
 */
#ifndef DREAMFS_CLI_WARM_CREW_H
#define DREAMFS_CLI_WARM_CREW_H

#include "lib/reason.h"
#include "os/pool.h"

#include <stddef.h>
#include <stdint.h>

/* One load, done. */
struct loaded {
	int err;           /* 0 or a negative errno */
	uint64_t size;     /* of the value */
	struct job job;    /* the crew's */
	struct crew *crew; /* likewise */
	char name[];       /* the file name */
};

struct crew {
	struct pool *pool;
	struct lane lane;
	int dir_fd;     /* borrowed */
	int done[2];    /* a pipe of pointers to what was loaded: poll [0] */
	size_t pending; /* were begun and not taken */
	size_t room;    /* for so many: a few more than threads */
};

/* 0 or a negative errno with the reason. */
int crew_init(struct crew *c, int dir_fd, int threads, struct reason *why);
/* Waits for all loads that were begun. */
void crew_release(struct crew *c);

/* Begins to load the key of that file name, which is copied.  0, -ENOMEM,
 * -EAGAIN when no thread can be started. */
int crew_load(struct crew *c, const char *name);

/* The next that is done, for free(3); NULL: none is. */
struct loaded *crew_take(struct crew *c);

#endif
