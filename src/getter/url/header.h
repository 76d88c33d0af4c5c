/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP header lines that people write: "Name: value".
 *
 * "Name:" without a value takes away a header that libcurl would send, such
 * as "Accept:"; of requests that are signed it takes away nothing.
 */
#ifndef DREAMFS_HEADER_H
#define DREAMFS_HEADER_H

#include "lib/reason.h"

#include <curl/curl.h>
#include <stdbool.h>

/* True if the text can be a field's value: no control character, so no
 * second header can hide in it. */
bool header_value_ok(const char *value);

/* 0; -EINVAL with the reason, which quotes the name only: the value may be a
 * secret. */
int header_check(const char *line, struct reason *why);

/* Appends a copy of the line: 0 or -ENOMEM. */
int header_add(struct curl_slist **list, const char *line);
/* The same, and wipes what it made of the line meanwhile. */
int header_printf(struct curl_slist **list, const char *fmt, ...)
        __attribute__((format(printf, 2, 3)));

/* Whether there is a line of that name. */
bool header_has(const struct curl_slist *list, const char *name);

/*
 * Makes one line of all that have the same name, with a comma between their
 * values (RFC 9110 section 5.3), and leaves those out that have none.  0 or
 * -ENOMEM; the list is then empty.
 */
int header_join(struct curl_slist **list);

/*
 * Appends a file's lines; blank ones and those that begin with '#' are
 * skipped.  0; -EINVAL as header_check() with file and line; or what reading
 * the file failed with.
 */
int header_file_read(struct curl_slist **list, const char *path,
                     struct reason *why);

#endif
