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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crew;

/* One load, done. */
struct loaded {
	int err;       /* 0 or a negative errno */
	uint64_t size; /* of the value */
	/* The crew's. */
	struct job job;
	struct crew *crew;
	char name[]; /* the file name */
};

/* `dir_fd` is borrowed.  0 or a negative errno with the reason. */
int crew_create(struct crew **out, int dir_fd, int threads, struct reason *why);
/* Waits for all loads that were begun. */
void crew_destroy(struct crew *c);

/* How many were begun and not taken; a few more than threads are let wait. */
size_t crew_pending(const struct crew *c);
bool crew_has_room(const struct crew *c);

/* Begins to load the key of that file name, which is copied.  0, -ENOMEM,
 * -EAGAIN when no thread can be started. */
int crew_load(struct crew *c, const char *name);

/* Readable when there is something to take. */
int crew_fd(const struct crew *c);
/* The next that is done, for free(3); NULL: none is. */
struct loaded *crew_take(struct crew *c);

#endif
