/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* "did you mean": the known word nearest to a mistyped one. */
#ifndef DREAMFS_SUGGEST_H
#define DREAMFS_SUGGEST_H

/*
 * The nearest of the NULL-terminated `known` by edit distance with adjacent
 * transpositions (Damerau-Levenshtein, optimal string alignment), if it is
 * near enough to be a slip: at most a third of the word's length, at least
 * one.  NULL when none is.  Borrowed from `known`.
 */
const char *suggest(const char *word, const char *const *known);

#endif
