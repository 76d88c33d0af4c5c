/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks after a node on behalf of the service manager, on a thread of its own
 * that may hang when the node does: tells it in a line how the node is
 * (STATUS), and, if it wants to know, that the node works (WATCHDOG), which is
 * only said after
 *
 *	the mount has answered statfs(2), as it does to any program,
 *	the clock that ends waiting readers has ticked, and
 *	the server's loop has turned
 *
 * since the last time.
 */
#ifndef DREAMFS_CLI_WATCHDOG_H
#define DREAMFS_CLI_WATCHDOG_H

#include "cli/deploy.h"

#include "os/mountinfo.h"
#include "os/ticker.h"

struct watchdog {
	struct deploy *deploy;
	const char *mountpoint; /* NULL: none */
	char device[MOUNT_DEVICE_MAX];
	/* Its own: the node's is what it looks after.  NULL: none runs. */
	struct ticker *ticker;
	struct ticker_client client;
	unsigned int ticks, turns, calls; /* when it looked last */
	int64_t next_ping, next_status;
};

/* Nothing happens without a service manager.  A mount is known by its path, or
 * NULL for none, and its device (mountinfo.h), which is copied.  Borrows the
 * node, its server and the path.  0 or a negative errno. */
int watchdog_start(struct watchdog *w, struct deploy *d, const char *mountpoint,
                   const char *device);
/* Waits for the thread, which may hang in a mount that does not answer: when
 * that is gone, and before the node is.  Nothing happens if it does not run,
 * which all zeros is, too. */
void watchdog_stop(struct watchdog *w);

#endif
