/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LVL_ERROR] = { "error", LOG_ERR },
	[LOG_LVL_WARN] = { "warn", LOG_WARNING },
	[LOG_LVL_INFO] = { "info", LOG_INFO },
	[LOG_LVL_DEBUG] = { "debug", LOG_DEBUG },
};

static atomic_int threshold = LOG_LVL_INFO;
static atomic_bool use_syslog;

int log_level_parse(const char *word, enum log_level *out)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(word, levels[i].name) == 0) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
	return levels[level].name;
}

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

void log_to_syslog(void)
{
	openlog("dreamfs", LOG_PID, LOG_DAEMON);
	atomic_store(&use_syslog, true);
}

bool log_wants(enum log_level level)
{
	return (int)level <= atomic_load(&threshold);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES], out[LINE_MAX_BYTES + 64];
	va_list args;
	int n;

	if (!log_wants(level))
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	if (atomic_load(&use_syslog)) {
		syslog(levels[level].priority, "%s", line);
		return;
	}
	n = snprintf(out, sizeof(out), "dreamfs: %s%s%s\n",
	             level == LOG_LVL_INFO ? "" : levels[level].name,
	             level == LOG_LVL_INFO ? "" : ": ", line);
	/* One write: lines never mix.  Nobody is left to tell if it fails. */
	if (write(STDERR_FILENO, out, (size_t)n) < 0)
		return;
}
