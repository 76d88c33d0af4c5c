/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What `dreamfs stats` shows: a node's figures as a table or as JSON, once or
 * again and again. */
#ifndef DREAMFS_CLI_STATS_VIEW_H
#define DREAMFS_CLI_STATS_VIEW_H

#include "cli/stats/text.h"

/* A node's figures at a time. */
struct stats_sample {
	struct statstext text;
	int64_t at_us; /* clock_now_us() */
	int64_t at_unix_ms;
};

struct stats_view {
	const struct stats_sample *now;
	/* An earlier one, for rates over the time between; NULL, or from
	 * another process: since the node's start. */
	const struct stats_sample *before;
	size_t width; /* columns; SCREEN_WIDE */
	size_t rows;  /* lines at most; SIZE_MAX */
	bool busiest_first;
	const char *trouble; /* in place of the blank below the heading */
};

/* Are the rates over the time since `before`, or since the start? */
bool stats_is_between(const struct stats_view *v);
/* Seconds that the rates are over; 0: not known. */
double stats_seconds(const struct stats_view *v);
/* A second's increase of the sum of the words `names` (NULL at the end) of a
 * group; negative: not known. */
double stats_rate(const struct stats_view *v, const struct stats_line *group,
                  const char *const *names);

/* Append lines; 0 or a negative errno. */
int stats_table_print(const struct stats_view *v, struct buf *out);
int stats_json_print(const struct stats_view *v, struct buf *out);
/* The same to standard output. */
int stats_view_write(const struct stats_view *v, bool json);

struct stats_watch {
	const char *place; /* a mount point or a URL */
	int64_t interval_ms;
	bool json;
};

/* Shows `first`, which it takes, and what follows, until it is told to end: on
 * a terminal as a page drawn anew, the busiest group first, until `q` or a
 * signal; else one below the other.  A node that does not answer is told of and
 * asked again.  Returns the exit status. */
int stats_watch(const struct stats_watch *w, struct stats_sample *first);

#endif
