/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warm/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SMOOTH_S  3.0 /* a rate follows what happens within so long */
#define WORD_MAX  48  /* bytes of a number or a time */
#define BAR_MIN   8   /* columns; narrower says nothing */
#define BAR_MAX   40  /* wider is only restless */
#define FOREVER_S 1e8 /* three years: no forecast */

void progress_init(struct progress *p, uint64_t total, int64_t now_ms)
{
	*p = (struct progress){ .total = total,
		                .began_ms = now_ms,
		                .ticked_ms = now_ms };
}

static double follow(double rate, uint64_t more, double seconds)
{
	return rate +
	       ((double)more / seconds - rate) * seconds / (seconds + SMOOTH_S);
}

void progress_tick(struct progress *p, int64_t now_ms)
{
	double seconds = (double)(now_ms - p->ticked_ms) / 1000;
	double age = (double)(now_ms - p->began_ms) / 1000;

	if (seconds <= 0)
		return;
	/* At first there is no past that would say anything. */
	if (age < SMOOTH_S) {
		p->rate = (double)p->done / age;
		p->byte_rate = (double)p->bytes / age;
	} else {
		p->rate = follow(p->rate, p->done - p->ticked_done, seconds);
		p->byte_rate = follow(p->byte_rate, p->bytes - p->ticked_bytes,
		                      seconds);
	}
	p->ticked_ms = now_ms;
	p->ticked_done = p->done;
	p->ticked_bytes = p->bytes;
}

void progress_end(struct progress *p, int64_t now_ms)
{
	double seconds = (double)(now_ms - p->began_ms) / 1000;

	if (seconds < 0.001)
		seconds = 0.001;
	p->rate = (double)p->done / seconds;
	p->byte_rate = (double)p->bytes / seconds;
}

/* Three digits or so: 0 0.4 999 1.2K 64M 2G */
static const char *about(double n, double base, char *out)
{
	const char *letter = " KMGTPE";

	while (n >= base * 0.9995 && letter[1]) {
		n /= base;
		letter++;
	}
	snprintf(out, WORD_MAX, "%.*f%.*s", n < 9.95 && n > (int)n, n,
	         *letter != ' ', letter);
	return out;
}

/* 0:07, 12:34, 3:02:01 */
static const char *time_about(double seconds, char *out)
{
	int64_t s = (int64_t)(seconds + 0.5);

	if (s >= 3600)
		snprintf(out, WORD_MAX, "%" PRId64 ":%02d:%02d", s / 3600,
		         (int)(s / 60 % 60), (int)(s % 60));
	else
		snprintf(out, WORD_MAX, "%d:%02d", (int)(s / 60),
		         (int)(s % 60));
	return out;
}

/* A list that grows meanwhile has more than was counted. */
static uint64_t total_of(const struct progress *p)
{
	return p->done > p->total ? 0 : p->total;
}

static int percent_of(const struct progress *p)
{
	return (int)(100.0 * (double)p->done / (double)p->total);
}

/* "430/1000  3 failed  1.2M  215/s 614K/s  0:02 left" */
static int figures(const struct progress *p, int64_t now_ms, char *out,
                   size_t size)
{
	double passed = (double)(now_ms - p->began_ms) / 1000;
	uint64_t total = total_of(p), left = total ? total - p->done : 0;
	char of[WORD_MAX] = "", bytes[WORD_MAX], rate[WORD_MAX];
	char byte_rate[WORD_MAX], time[WORD_MAX], failed[WORD_MAX] = "";

	if (total)
		snprintf(of, sizeof(of), "/%" PRIu64, total);
	if (p->failed)
		snprintf(failed, sizeof(failed), "  %" PRIu64 " failed",
		         p->failed);
	if (left && (double)left < p->rate * FOREVER_S)
		time_about((double)left / p->rate, time);
	else if (left)
		snprintf(time, sizeof(time), "-:--");
	else
		time_about(passed, time);
	return snprintf(out, size, "%" PRIu64 "%s%s  %s  %s/s %s/s  %s%s",
	                p->done, of, failed,
	                about((double)p->bytes, 1024, bytes),
	                about(p->rate, 1000, rate),
	                about(p->byte_rate, 1024, byte_rate), time,
	                left ? " left" : "");
}

/* "[====>   ] " of so many columns. */
static void bar_draw(const struct progress *p, size_t columns, char *out)
{
	size_t inner = columns - 3;
	size_t full =
	        (size_t)((double)inner * (double)p->done / (double)p->total);

	out[0] = '[';
	memset(out + 1, '=', full);
	memset(out + 1 + full, ' ', inner - full);
	if (full < inner)
		out[1 + full] = '>';
	memcpy(out + 1 + inner, "] ", 3);
}

size_t progress_bar(const struct progress *p, int64_t now_ms, int columns,
                    char *out)
{
	char text[PROGRESS_TEXT_MAX / 2], bar[BAR_MAX + 4] = "";
	char percent[WORD_MAX] = "";
	int room = columns - 1, len;

	if (room > PROGRESS_TEXT_MAX - 1)
		room = PROGRESS_TEXT_MAX - 1;
	if (room < 1)
		room = 1;
	len = figures(p, now_ms, text, sizeof(text));
	if (total_of(p)) {
		snprintf(percent, sizeof(percent), "%3d%% ", percent_of(p));
		len = room - len - (int)strlen(percent);
		if (len > BAR_MAX)
			len = BAR_MAX;
		if (len >= BAR_MIN)
			bar_draw(p, (size_t)len, bar);
	}
	len = snprintf(out, (size_t)room + 1, "%s%s%s", percent, bar, text);
	return (size_t)(len < room ? len : room);
}

size_t progress_line(const struct progress *p, int64_t now_ms, char *out)
{
	char of[WORD_MAX] = "", percent[WORD_MAX] = "", bytes[WORD_MAX];
	char rate[WORD_MAX], byte_rate[WORD_MAX], time[WORD_MAX];
	uint64_t total = total_of(p);

	if (total && p->done < total) {
		snprintf(of, sizeof(of), " of %" PRIu64, total);
		snprintf(percent, sizeof(percent), " (%d%%)", percent_of(p));
	}
	return (size_t)snprintf(
	        out, PROGRESS_TEXT_MAX,
	        "%" PRIu64 "%s keys%s, %sB in %s, %s/s, %sB/s, %" PRIu64
	        " failed",
	        p->done, of, percent, about((double)p->bytes, 1024, bytes),
	        time_about((double)(now_ms - p->began_ms) / 1000, time),
	        about(p->rate, 1000, rate),
	        about(p->byte_rate, 1024, byte_rate), p->failed);
}
