/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a long piece of work is, told in one line for people.  Only counts
 * and texts: who shows them where is the caller's business.
 */
#ifndef DREAMFS_PROGRESS_H
#define DREAMFS_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#define PROGRESS_TEXT_MAX 512

struct progress {
	uint64_t total; /* 0: not known */
	/* The caller counts these. */
	uint64_t done; /* also what failed */
	uint64_t failed;
	uint64_t bytes;
	/* Our own. */
	int64_t began_ms, ticked_ms;
	uint64_t ticked_done, ticked_bytes;
	double rate, byte_rate; /* a second, of late */
};

void progress_init(struct progress *p, uint64_t total, int64_t now_ms);

/* Takes a new look at the rates; now and then, at whatever intervals. */
void progress_tick(struct progress *p, int64_t now_ms);

/* At the end the rates are those of the whole work. */
void progress_end(struct progress *p, int64_t now_ms);

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

/* For a log: "430 of 1000 keys (43%), 1.2M in 0:12, 215/s, 614K/s, 3 failed" */
size_t progress_line(const struct progress *p, int64_t now_ms, char *out);

#endif
