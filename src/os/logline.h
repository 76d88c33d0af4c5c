/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* An event as a line of text or of JSON: see log.h. */
#ifndef DREAMFS_LOGLINE_H
#define DREAMFS_LOGLINE_H

#include "os/log.h"

#include <stddef.h>
#include <time.h>

struct logline {
	enum log_level level;
	struct timespec time; /* CLOCK_REALTIME */
	const char *msg;
	const struct log_about *about; /* NULL: nothing */
};

#define LOGLINE_TIME_MAX 32

/* RFC 3339 in UTC with milliseconds, NUL-terminated. */
void logline_time(const struct timespec *time, char out[LOGLINE_TIME_MAX]);

/* Both return the length, at most size - 1, of what is NUL-terminated and has
 * no newline.  `size` is at least LOG_LINE_MAX - 128 for JSON. */
size_t logline_text(const struct logline *line, char *out, size_t size);
size_t logline_json(const struct logline *line, char *out, size_t size);

#endif
