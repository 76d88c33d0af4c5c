/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* `dreamfs stats --watch`: again and again, until it is told to end. */
#ifndef DREAMFS_CLI_STATS_WATCH_H
#define DREAMFS_CLI_STATS_WATCH_H

#include "cli/stats/view.h"

struct stats_watch {
	const char *place; /* a mount point or a URL */
	int64_t interval_ms;
	bool json;
};

/* Shows `first`, which it takes, and what follows: on a terminal as a page
 * drawn anew, the busiest group first, until `q` or a signal; else one below
 * the other.  A node that does not answer is told of and asked again.
 * Returns the exit status. */
int stats_watch(const struct stats_watch *w, struct stats_sample *first);

#endif
