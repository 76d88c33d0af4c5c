/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as HTTP writes them: RFC 9110 section 5.6.7. */
#ifndef DREAMFS_DATE_H
#define DREAMFS_DATE_H

#include <stdbool.h>
#include <stdint.h>

#define HTTP_DATE_MAX 30 /* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL */

/* Any of the three forms as Unix seconds; -1: not a date, or NULL. */
int64_t http_date_parse(const char *text);
/* Unix seconds, from the year 1 to 9999; false for others. */
bool http_date_format(int64_t seconds, char out[HTTP_DATE_MAX]);

#endif
