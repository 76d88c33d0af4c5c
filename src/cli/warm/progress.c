/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warm/progress.h"

#include "lib/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MARK_MS   5000
#define TIME_MAX  48  /* bytes */
#define BAR_MIN   8   /* columns; narrower says nothing */
#define BAR_MAX   40  /* wider is only restless */
#define FOREVER_S 1e8 /* three years: no forecast */

void progress_init(struct progress *p, uint64_t total, int64_t now_ms)
{
	*p = (struct progress){ .total = total, .began.at_ms = now_ms };
	p->mark = p->next = p->began;
}

void progress_tick(struct progress *p, int64_t now_ms)
{
	if (now_ms - p->next.at_ms < MARK_MS)
		return;
	p->mark = p->next;
	p->next = (struct progress_mark){ now_ms, p->done, p->bytes };
}

void progress_end(struct progress *p)
{
	p->mark = p->began;
}

/* 0:07, 12:34, 3:02:01 */
static void time_format(double seconds, char *out)
{
	int64_t s = (int64_t)(seconds + 0.5);

	if (s >= 3600)
		snprintf(out, TIME_MAX, "%" PRId64 ":%02d:%02d", s / 3600,
		         (int)(s / 60 % 60), (int)(s % 60));
	else
		snprintf(out, TIME_MAX, "%d:%02d", (int)(s / 60),
		         (int)(s % 60));
}

/* What both lines say, in words. */
struct words {
	uint64_t total; /* 0: not known, or no more: the list grew meanwhile */
	int percent;
	char bytes[UNITS_TEXT_MAX], rate[UNITS_TEXT_MAX];
	char byte_rate[UNITS_TEXT_MAX];
	char passed[TIME_MAX], left[TIME_MAX];
};

static void words_init(struct words *w, const struct progress *p, int64_t now)
{
	double seconds = (double)(now - p->mark.at_ms) / 1000;
	double done = (double)p->done, left, rate;

	w->total = p->done > p->total ? 0 : p->total;
	w->percent = w->total ? (int)(100 * done / (double)w->total) : 0;
	left = w->total ? (double)w->total - done : 0;
	if (seconds < 0.001)
		seconds = 0.001;
	rate = (double)(p->done - p->mark.done) / seconds;
	figure_format((double)p->bytes, 1024, false, w->bytes);
	figure_format(rate, 1000, true, w->rate);
	figure_format((double)(p->bytes - p->mark.bytes) / seconds, 1024, false,
	              w->byte_rate);
	time_format((double)(now - p->began.at_ms) / 1000, w->passed);
	if (left < rate * FOREVER_S)
		time_format(left / rate, w->left);
	else
		snprintf(w->left, sizeof(w->left), "-:--");
}

size_t progress_bar(const struct progress *p, int64_t now_ms, int columns,
                    char *out)
{
	char percent[8] = "", bar[BAR_MAX + 1] = "", of[24] = "";
	char failed[32] = "", text[PROGRESS_TEXT_MAX / 2];
	int room = columns - 1, len;
	struct words w;

	room = room < 1 ? 1 : room;
	room = room < PROGRESS_TEXT_MAX ? room : PROGRESS_TEXT_MAX - 1;
	words_init(&w, p, now_ms);
	if (w.total) {
		snprintf(percent, sizeof(percent), "%3d%% ", w.percent);
		snprintf(of, sizeof(of), "/%" PRIu64, w.total);
	}
	if (p->failed)
		snprintf(failed, sizeof(failed), "  %" PRIu64 " failed",
		         p->failed);
	len = snprintf(text, sizeof(text),
	               "%" PRIu64 "%s%s  %s  %s/s %s/s  %s%s", p->done, of,
	               failed, w.bytes, w.rate, w.byte_rate,
	               p->done < w.total ? w.left : w.passed,
	               p->done < w.total ? " left" : "");
	len = room - len - 5; /* what is left for a bar: "[====>   ] " */
	if (w.total && len >= BAR_MIN) {
		int inner = (len < BAR_MAX ? len : BAR_MAX) - 3;
		int full = (int)(inner * ((double)p->done / (double)p->total));

		memset(bar, ' ', (size_t)inner + 3);
		memset(bar + 1, '=', (size_t)full);
		if (full < inner)
			bar[1 + full] = '>';
		bar[0] = '[';
		bar[1 + inner] = ']';
	}
	len = snprintf(out, (size_t)room + 1, "%s%s%s", percent, bar, text);
	return (size_t)(len < room ? len : room);
}

void progress_line(const struct progress *p, int64_t now_ms, char *out)
{
	char of[32] = "", percent[16] = "";
	struct words w;

	words_init(&w, p, now_ms);
	if (p->done < w.total) {
		snprintf(of, sizeof(of), " of %" PRIu64, w.total);
		snprintf(percent, sizeof(percent), " (%d%%)", w.percent);
	}
	snprintf(out, PROGRESS_TEXT_MAX,
	         "%" PRIu64 "%s keys%s, %sB in %s, %s/s, %sB/s, %" PRIu64
	         " failed",
	         p->done, of, percent, w.bytes, w.passed, w.rate, w.byte_rate,
	         p->failed);
}
