/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people and programs read about a node: one text each, the same as a
 * file of MOUNT/.dreamfs/ and at the front door as /.dreamfs/NAME.
 *
 *	stats     words NAME=VALUE: a line about the node (version, pid,
 *	          uptime in seconds), then one a group: `group=NAME
 *	          policy=NAME` and the words of the xattr `stats`.  A group's
 *	          name is spelled as a file name is, its blanks as %20.
 *	history   what happened in the last hour, a line a group: `group=NAME
 *	          seconds=10 gets=1,2,3 loads=... errors=...`, one number for
 *	          each span of so many seconds, the oldest first; the last
 *	          span is not over yet
 *	metrics   for Prometheus: metrics.h
 *	peers     a line each: URL, and `up`, `down SECONDSs` or `self`
 *	ring      a line each: URL, tab, its share of the keys in percent
 *	config    the configuration in effect, without secrets
 *	version
 *
 * Any thread; never blocks.  To add one: a function and a line in report.c.
 */
#ifndef DREAMFS_REPORT_H
#define DREAMFS_REPORT_H

#include "node/node.h"

#define REPORT_MAX (64UL << 20) /* bytes */

struct report {
	const char *name;
	/* Appends the text; 0 or a negative errno. */
	int (*print)(struct node *n, struct buf *out);
};

/* All of them; ends with a NULL name. */
extern const struct report reports[];
/* NULL when there is none of that name. */
const struct report *report_find(const char *name);

#endif
