/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a node's reports `stats` and `peers` (report.h), of this version or
 * another: what is not known here is kept as it is.
 */
#ifndef DREAMFS_STATSTEXT_H
#define DREAMFS_STATSTEXT_H

#include "lib/buf.h"
#include "lib/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATSTEXT_MAX   (64L << 20) /* bytes of a report */
#define STATSTEXT_WORDS 256         /* words of a line */

/* NAME=VALUE; no name comes twice in a line. */
struct stats_word {
	const char *name;
	char *value;
};

struct stats_line {
	const struct stats_word *words;
	size_t count;
	/* The value of `group`, decoded: any bytes, with a NUL behind them;
	 * NULL in the node's line. */
	const char *group;
	size_t group_len;
};

struct stats_peer {
	const char *url;
	const char *state; /* "up", "down 3s", "self", or something else */
};

/* All of it is owned by the structure. */
struct statstext {
	struct stats_line node;
	struct stats_line *groups;
	size_t group_count;
	struct stats_peer *peers;
	size_t peer_count;
	struct stats_word *words;
	char *text;
};

/* Takes the bytes out of `answer`: both reports with a NUL between them.  0; a
 * negative errno with the reason: -EINVAL, -EFBIG, -ENOMEM; then nothing is
 * left of either. */
int statstext_parse(struct statstext *s, struct buf *answer,
                    struct reason *why);
void statstext_release(struct statstext *s);

/* The value of a word; NULL when the line has none of that name. */
const char *stats_word_find(const struct stats_line *line, const char *name);
/* True, and the number, if the text is one: digits, no zero before them. */
bool stats_number(const char *text, uint64_t *out);
/* That of a word; 0 when it is none. */
uint64_t stats_number_find(const struct stats_line *line, const char *name);
/* How many of a group's gets were answered from the cache: with a value, fresh
 * or stale, or with "no such key". */
uint64_t stats_answered(const struct stats_line *group);
/* The line of a group; NULL when there is none. */
const struct stats_line *stats_group_find(const struct statstext *s,
                                          const char *group, size_t len);

#endif
