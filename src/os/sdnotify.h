/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling the service manager: the protocol of sd_notify(3), one datagram to
 * the socket in NOTIFY_SOCKET.  Who wants nothing else of libsystemd need not
 * link to it: that page gives an implementation to start from, and the protocol
 * is under systemd's promise of stability.
 */
#ifndef DREAMFS_SDNOTIFY_H
#define DREAMFS_SDNOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* Learns from the environment whether there is a service manager, and takes it
 * out there: commands do not speak in our name.  Before that, nothing below
 * does anything.  In the process that is the service, before any thread. */
void sdnotify_init(void);

/* Is somebody listening? */
bool sdnotify_wanted(void);
/* It wants "WATCHDOG=1" more often than this, or ends the service; 0: no. */
int64_t sdnotify_watchdog_ms(void);

/* "READY=1", "STOPPING=1", …; several are separated by newlines.  Any
 * thread. */
void sdnotify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
