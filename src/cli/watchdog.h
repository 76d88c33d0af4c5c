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
#ifndef DREAMFS_CLI_WATCH_H
#define DREAMFS_CLI_WATCH_H

#include "cli/deploy.h"

struct watch;

/* Nothing happens, and *out is NULL, without a service manager.  A mount is
 * known by its path and device (mountinfo.h), both copied; NULL: none.
 * Borrows the node and its server.  0 or a negative errno. */
int watch_start(struct watch **out, struct deploy *d, const char *mountpoint,
                const char *device);
/* Waits for the thread, which may hang in a mount that does not answer: when
 * that is gone, and before the node is.  NULL is fine. */
void watch_stop(struct watch *w);

#endif
