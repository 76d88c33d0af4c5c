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
 *	log_line(LOG_LVL_WARN, &(struct log_about){ .group = "g", .key = k,
 *	         .error = "exit status 3" }, "cannot load");
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

#include "lib/list.h"
#include "os/logline.h"

#include <stdbool.h>
#include <stdint.h>

/* What is told, and how: info and more, as text, until it is said. */
void log_set(enum log_level level, enum log_format format);
bool log_wants(enum log_level level);

/* ---- events ---- */

void log_line(enum log_level level, const struct log_about *about,
              const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * What a source that is down, or a stranger, makes happen again and again is
 * told within a limit, which belongs to whoever it is about (a group, a peer, a
 * server), so nobody's errors are hidden by another's.  The first
 * LOG_OFTEN_FIRST go out; what follows within LOG_OFTEN_MS of the first is
 * counted, and then one line says how many more there were and how the last one
 * failed.  After that, as it is more of the same, only one in LOG_OFTEN_MS goes
 * out, until there was nothing to count.
 *
 * Not limited: with level debug, and outside of log_start() and log_stop().
 */
#define LOG_OFTEN_FIRST 5
#define LOG_OFTEN_MS    30000

/* All zeros is ready.  All of it is the log's, under its lock. */
struct log_limit {
	int64_t began, ends;   /* the window; 0: there is none */
	struct list_node node; /* among those with a window */
	unsigned int allowed;  /* may still go out in it */
	unsigned int held;     /* those that did not; the last of them: */
	enum log_level level;
	const char *group, *peer; /* borrowed as long as the limit lives */
	char msg[160], error[256];
};

/* log_line() within a limit.  A limit is for one kind of message, about one
 * group or peer, whose name lives as long as the limit. */
void log_often(struct log_limit *l, enum log_level level,
               const struct log_about *about, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
/* Says what is still to be said.  The limit is as new. */
void log_limit_release(struct log_limit *l);
/*
 * Says what is to be said at `now`, in clock_now_ms() terms; returns when to
 * call again.  What begins meanwhile ends later than that: nobody need be woken
 * when it does.
 */
int64_t log_tick(int64_t now);

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

/* From here on a node runs, whose clock calls log_tick().  `often_ms`: 0 is
 * LOG_OFTEN_MS. */
void log_start(enum log_sink sink, int64_t often_ms);
/* Nobody waits at standard error any more. */
void log_detach(void);
/* Says what is still to be said.  No other thread logs any more. */
void log_stop(void);

#endif
