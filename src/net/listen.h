/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets from the addresses of the configuration:
 *
 *     HOST:PORT     a name or an IPv4 address; of a name's addresses the
 *                   first IPv4 one, as Go's net.Listen does
 *     [ADDRESS]:PORT  IPv6, and only that
 *     :PORT         everywhere: IPv6 and IPv4 on one socket, or IPv4 alone
 *                   where there is no IPv6
 *
 * PORT is 0 to 65535; 0: the kernel chooses.
 */
#ifndef DREAMFS_LISTEN_H
#define DREAMFS_LISTEN_H

#include "lib/reason.h"

#include <stdint.h>

/*
 * Returns a TCP socket that listens: non-blocking, SO_REUSEADDR, and not
 * inherited by commands; or a negative errno with the reason.  Looking up a
 * name blocks.
 */
int listen_open(const char *address, struct reason *why);

/* The port of a listening socket; 0 if it cannot be had. */
uint16_t listen_port(int fd);

#endif
