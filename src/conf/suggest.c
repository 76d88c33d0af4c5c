/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/suggest.h"

#include <stdlib.h>
#include <string.h>

/* Words longer than this are never a slip of a name we know. */
#define WORD_MAX 64

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * The optimal string alignment distance: how many letters must be inserted,
 * dropped, replaced or swapped with their neighbour.  The usual table, of
 * which only the last three rows are kept: row[k % 3] holds the distances
 * between the first k letters of `a` and each beginning of `b`.
 */
static size_t distance(const char *a, size_t m, const char *b, size_t n)
{
	size_t row[3][WORD_MAX + 1];

	for (size_t j = 0; j <= n; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t *now = row[i % 3];
		const size_t *last = row[(i - 1) % 3];
		const size_t *before = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t change = last[j - 1] + (a[i - 1] != b[j - 1]);

			now[j] = least(least(last[j], now[j - 1]) + 1, change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[m % 3][n];
}

const char *suggest(const char *word, const char *const *known)
{
	size_t len = strlen(word), near = len / 3 ? len / 3 : 1;
	const char *best = NULL;

	if (len > WORD_MAX)
		return NULL;
	/* Something must be left of the word for it to be a slip. */
	for (; *known && len > 0; known++) {
		size_t n = strlen(*known), d;

		if (n > WORD_MAX)
			continue;
		d = distance(word, len, *known, n);
		if (d < len && (d < near || (d == near && !best))) {
			best = *known;
			near = d;
		}
	}
	return best;
}
