/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line per event, on standard error or, in the background, to syslog.
 * Messages are lower case, without full stop, say what failed first and
 * quote the subject.  Any thread may log; lines never mix.  Control
 * characters in a message are blanked: keys come from strangers.
 */
#ifndef DREAMFS_LOG_H
#define DREAMFS_LOG_H

#include <stdbool.h>

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARN, LOG_LVL_INFO, LOG_LVL_DEBUG };

/* The word of the configuration: 0 and *out, or -EINVAL. */
int log_level_parse(const char *word, enum log_level *out);
const char *log_level_name(enum log_level level);

void log_set_level(enum log_level level);
/* From now on to syslog(3), facility daemon. */
void log_to_syslog(void);
bool log_wants(enum log_level level);

void log_line(enum log_level level, const char *fmt, ...)
        __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LVL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LVL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LVL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LVL_DEBUG, __VA_ARGS__)

#endif
