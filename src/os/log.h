/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events, one line each, to standard error or syslog, as text or JSON.
 *
 * Messages are lower case, without full stop, say what failed first and quote
 * the subject.  What an event is about is given beside the message where it
 * has a name of its own (struct log_about): as text it is said before the
 * message, in JSON in fields:
 *
 *	log_often(LOG_LVL_WARN, &(struct log_about){ .group = "g", .key = k,
 *	          .error = "exit status 3" }, "cannot load");
 *
 *	group 'g': key 'k': cannot load: exit status 3
 *	{"time":"2026-01-31T12:00:00.000Z","level":"warn",
 *	 "msg":"cannot load","group":"g","key":"k","error":"exit status 3"}
 *
 * Where lines go, and what stands before them:
 *
 *	a terminal, a pipe      `dreamfs: `, and the level unless it is info
 *	a file                  the time (RFC 3339, UTC), then the same
 *	the journal             `<N>`, the priority (sd-daemon(3)); it is the
 *	                        journal when JOURNAL_STREAM names standard error
 *	                        (systemd.exec(5))
 *	syslog                  nothing: it has program, priority and time
 *
 * A line is one write(2) of at most LOG_LINE_MAX bytes, so lines never mix.
 * Keys and errors come from strangers: control characters are blanked (in
 * JSON escaped), what is no UTF-8 is replaced, what is too long is cut.
 *
 * Any thread may log, but for log_start() and log_stop().
 */
#ifndef DREAMFS_LOG_H
#define DREAMFS_LOG_H

#include "lib/key.h"

#include <stdbool.h>
#include <stdint.h>

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

/* The words of the configuration: 0 and *out, or -EINVAL. */
int log_level_parse(const char *word, enum log_level *out);
const char *log_level_name(enum log_level level);
int log_format_parse(const char *word, enum log_format *out);
const char *log_format_name(enum log_format format);

void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
bool log_wants(enum log_level level);

/* ---- events ---- */

void log_line(enum log_level level, const struct log_about *about,
              const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/*
 * The same for what a source that is down, or a stranger, makes happen again
 * and again: of one message (its format) about one group or peer only the
 * first LOG_OFTEN_FIRST go out in LOG_OFTEN_MS, then one line says how many
 * more there were and how the last one failed.  Not limited: with level debug,
 * and outside of log_start() and log_stop().
 */
void log_often(enum log_level level, const struct log_about *about,
               const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define LOG_OFTEN_FIRST 5
#define LOG_OFTEN_MS    30000

#define log_error(...) log_line(LOG_LVL_ERROR, NULL, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LVL_WARN, NULL, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LVL_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LVL_DEBUG, NULL, __VA_ARGS__)

/* ---- the node's life ---- */

/* Before log_start() lines go to standard error, plain and without the time:
 * somebody waits for the command. */
enum log_sink {
	LOG_TO_STDERR, /* a terminal, a pipe, a file or the journal */
	LOG_TO_SYSLOG, /* facility daemon; errors and warnings, as text, to
	               standard error too, until log_detach() */
};

/* From here on a node runs: starts a thread for the limits.  `often_ms`: 0 is
 * LOG_OFTEN_MS.  0 or a negative errno. */
int log_start(enum log_sink sink, int64_t often_ms);
/* Nobody waits at standard error any more. */
void log_detach(void);
/* Says what is still to be said.  No other thread logs any more. */
void log_stop(void);

#endif
