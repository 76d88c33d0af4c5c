/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a node for its figures: at its mount, or at its API.
 *
 * A process of its own does it.  Looking at a mount whose daemon is stopped
 * can block beyond any signal; whoever waits here can always give up.
 */
#ifndef DREAMFS_CLI_STATS_ASK_H
#define DREAMFS_CLI_STATS_ASK_H

#include "cli/stats/view.h"

#include <sys/types.h>

struct stats_ask {
	pid_t pid; /* 0: nothing is asked */
	int fd;    /* readable when there is something to take; -1: none */
	struct buf answer;
};

/* `place`: a mount point or a URL.  0 or a negative errno with the reason. */
int stats_ask_begin(struct stats_ask *ask, const char *place,
                    struct reason *why);
/* Blocks until fd is readable.  -EAGAIN: that was not all; 0 and the figures,
 * for statstext_release(); a negative errno with the reason. */
int stats_ask_take(struct stats_ask *ask, struct stats_sample *out,
                   struct reason *why);
/* Gives up, if something is asked; never blocks. */
void stats_ask_abort(struct stats_ask *ask);

#endif
