/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stats/view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- rates: of counters that may have begun anew in between ---- */

bool stats_is_between(const struct stats_view *v)
{
	const char *now = stats_word_find(&v->now->text.node, "pid");
	const char *before =
	        v->before ? stats_word_find(&v->before->text.node, "pid")
	                  : NULL;

	return now && before && strcmp(now, before) == 0;
}

double stats_seconds(const struct stats_view *v)
{
	if (stats_is_between(v))
		return (double)(v->now->at_us - v->before->at_us) / 1e6;
	return (double)stats_number_find(&v->now->text.node, "uptime");
}

/* A group that was not there before, or was made anew, began with nothing. */
double stats_rate(const struct stats_view *v, const struct stats_line *group,
                  const char *const *names)
{
	const struct stats_line *old = NULL;
	double seconds = stats_seconds(v);
	uint64_t now = 0, then = 0;

	if (seconds <= 0)
		return -1;
	if (stats_is_between(v))
		old = stats_group_find(&v->before->text, group->group,
		                       group->group_len);
	for (; *names; names++) {
		now += stats_number_find(group, *names);
		then += old ? stats_number_find(old, *names) : 0;
	}
	return (double)(now >= then ? now - then : now) / seconds;
}

/* ---- all of it ---- */

int stats_view_write(const struct stats_view *v, bool json)
{
	struct buf out;
	int err;

	buf_init(&out, 4 * STATSTEXT_MAX);
	err = json ? stats_json_print(v, &out) : stats_table_print(v, &out);
	if (!err &&
	    (fwrite(out.data, 1, out.len, stdout) < out.len || fflush(stdout)))
		err = -errno;
	buf_release(&out);
	return err;
}
