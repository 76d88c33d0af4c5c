/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes and durations as people write them.
 *
 * Sizes: `0 512 512K 64M 2G 1T`, powers of 1024; a `B`, `iB` may follow the
 * letter, either case.  Durations: `250ms 30s 5m 1h 7d`, `0`; the unit is
 * required except for 0.  A decimal fraction is allowed in both (`1.5G`,
 * `0.5s`).  Nothing else: no sign, no space inside, no exponent.
 */
#ifndef DREAMFS_UNITS_H
#define DREAMFS_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNITS_TEXT_MAX 32

/* 0 and *out; -EINVAL for what is not a size; -ERANGE over 2^62. */
int size_parse(const char *text, uint64_t *out);
/* Milliseconds; the same errors; at most 10,000 days. */
int duration_parse(const char *text, int64_t *out_ms);
/* `10%`, `0.5%`, `100%` or a plain fraction `0.1`: a share between 0 and 1. */
int share_parse(const char *text, double *out);

/* A plain number in base 8, 10 or 16, digits alone: 0 and *out; -EINVAL;
 * -ERANGE over `max`. */
int number_parse(const char *text, unsigned base, uint64_t max, uint64_t *out);

/* The shortest exact spelling that the parsers read back as the same number;
 * `out` has UNITS_TEXT_MAX bytes.  Returns out. */
char *size_format(uint64_t bytes, char *out);
char *duration_format(int64_t ms, char *out);
/* About so many, not negative, in three or four characters: 0 12 1.2K 345M.
 * `kilo` is 1000 or 1024; `fraction`: also 7.5.  Likewise. */
char *figure_format(double n, double kilo, bool fraction, char *out);

#endif
