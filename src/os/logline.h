/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as a line of text or of JSON: what a line says; log.h has where it
 * goes.
 */
#ifndef DREAMFS_LOGLINE_H
#define DREAMFS_LOGLINE_H

#include "lib/key.h"

#include <stddef.h>
#include <time.h>

/* Writes to a pipe are atomic up to this (PIPE_BUF). */
#define LOG_LINE_MAX 4096

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/* NULL, and a key without data: not about that.  Borrowed. */
struct log_about {
	const char *group;
	struct key key;
	const char *peer;  /* its URL; the message reads on behind it */
	const char *error; /* why; "" as well: not known */
};

/* The words for them in the configuration, NULL-terminated. */
extern const char *const log_level_names[];
extern const char *const log_format_names[];

/* ---- lines ---- */

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
