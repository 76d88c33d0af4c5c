/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a long piece of work is, told in one line for people.  Only counts
 * and texts: who shows them where is the caller's business.
 *
 * Rates are those since a mark that was set 5 to 10 seconds ago; until there
 * is one, and at the end, those of the whole work.
 */
#ifndef DREAMFS_PROGRESS_H
#define DREAMFS_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#define PROGRESS_TEXT_MAX 512

struct progress_mark {
	int64_t at_ms;
	uint64_t done, bytes;
};

struct progress {
	uint64_t total; /* 0: not known */
	/* The caller counts these. */
	uint64_t done; /* also what failed */
	uint64_t failed;
	uint64_t bytes;
	/* Our own. */
	struct progress_mark began, mark, next;
};

void progress_init(struct progress *p, uint64_t total, int64_t now_ms);

/* Before it is shown, at whatever intervals: sets marks. */
void progress_tick(struct progress *p, int64_t now_ms);

/* At the end the rates are those of the whole work. */
void progress_end(struct progress *p);

/*
 * One line for a terminal of so many columns, of which it leaves the last
 * free, for there is where some terminals wrap:
 *
 *	 43% [===>    ] 430/1000  3 failed  1.2M  215/s 614K/s  0:02 left
 *
 * Without a total no percentage, no bar and the time that passed; at the end
 * likewise.  `out` has PROGRESS_TEXT_MAX bytes.  Returns its length.
 */
size_t progress_bar(const struct progress *p, int64_t now_ms, int columns,
                    char *out);

/* For a log: "430 of 1000 keys (43%), 1.2MB in 0:12, 215/s, 614KB/s, 3
 * failed" */
void progress_line(const struct progress *p, int64_t now_ms, char *out);

#endif
