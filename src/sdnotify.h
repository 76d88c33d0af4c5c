/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the service manager: the protocol of sd_notify(3), one datagram to
 * the socket in NOTIFY_SOCKET. */
#ifndef DREAMFS_SDNOTIFY_H
#define DREAMFS_SDNOTIFY_H

/* "READY=1", "STOPPING=1", … ; nothing happens without a service manager. */
void sdnotify(const char *state);

#endif
