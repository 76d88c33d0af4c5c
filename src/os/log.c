/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/log.h"

#include "lib/clock.h"
#include "os/loglimit.h"
#include "os/logline.h"
#include "os/ticker.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define MSG_MAX 1024

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LVL_ERROR] = { "error", LOG_ERR },
	[LOG_LVL_WARN] = { "warn", LOG_WARNING },
	[LOG_LVL_INFO] = { "info", LOG_INFO },
	[LOG_LVL_DEBUG] = { "debug", LOG_DEBUG },
};
static const char *const formats[] = { "text", "json" };

/* What is at the other end. */
enum where { AT_PERSON, AT_FILE, AT_JOURNAL, AT_SYSLOG, AT_SYSLOG_AND_PERSON };

static atomic_int threshold = LOG_LVL_INFO;
static _Atomic enum log_format format = LOG_TEXT;
static _Atomic enum where where = AT_PERSON;

static int64_t often_tick(struct ticker_client *client, int64_t now);

static struct {
	pthread_mutex_t lock;
	struct loglimit limit; /* under lock */
	struct ticker *ticker;
	struct ticker_client client;
	atomic_bool on;
} often = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.client.tick = often_tick,
};

/* ---- words ---- */

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

int log_format_parse(const char *word, enum log_format *out)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(word, formats[i]) == 0) {
			*out = (enum log_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *log_format_name(enum log_format f)
{
	return formats[f];
}

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

void log_set_format(enum log_format f)
{
	atomic_store(&format, f);
}

bool log_wants(enum log_level level)
{
	return (int)level <= atomic_load(&threshold);
}

/* ---- writing ---- */

static void write_stderr(const struct logline *line, enum where to,
                         enum log_format as)
{
	char out[LOG_LINE_MAX], when[LOGLINE_TIME_MAX];
	size_t n = 0;

	if (to == AT_JOURNAL)
		n = (size_t)snprintf(out, sizeof(out), "<%d>",
		                     levels[line->level].priority);
	if (to == AT_FILE && as == LOG_TEXT) {
		logline_time(&line->time, when);
		n = (size_t)snprintf(out, sizeof(out), "%s ", when);
	}
	if (to != AT_JOURNAL && as == LOG_TEXT) {
		bool plain = line->level == LOG_LVL_INFO;

		n += (size_t)snprintf(out + n, sizeof(out) - n, "dreamfs: %s%s",
		                      plain ? "" : levels[line->level].name,
		                      plain ? "" : ": ");
	}
	n += (as == LOG_JSON ? logline_json : logline_text)(
	        line, out + n, sizeof(out) - n - 1);
	out[n++] = '\n';
	/* One write: lines never mix.  Nobody is left to tell if it fails. */
	if (write(STDERR_FILENO, out, n) < 0)
		return;
}

static void write_syslog(const struct logline *line, enum log_format as)
{
	char out[LOG_LINE_MAX];

	(as == LOG_JSON ? logline_json : logline_text)(line, out, sizeof(out));
	syslog(levels[line->level].priority, "%s", out);
}

static void log_put(enum log_level level, const struct log_about *about,
                    const char *msg)
{
	struct logline line = { .level = level, .msg = msg, .about = about };
	enum log_format as = atomic_load(&format);
	enum where to = atomic_load(&where);

	clock_gettime(CLOCK_REALTIME, &line.time);
	if (to == AT_SYSLOG || to == AT_SYSLOG_AND_PERSON)
		write_syslog(&line, as);
	else
		write_stderr(&line, to, as);
	if (to == AT_SYSLOG_AND_PERSON && level <= LOG_LVL_WARN)
		write_stderr(&line, AT_PERSON, LOG_TEXT);
}

void log_line(enum log_level level, const struct log_about *about,
              const char *fmt, ...)
{
	char msg[MSG_MAX];
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, fmt);
	vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	log_put(level, about, msg);
}

/* ---- what happens often ---- */

static void log_summary(const struct loglimit_summary *s)
{
	long long seconds = (s->ms + 500) / 1000;
	struct log_about about = {
		.group = *s->group ? s->group : NULL,
		.peer = *s->peer ? s->peer : NULL,
		.error = s->error,
	};

	if (log_wants(s->level))
		log_line(s->level, &about,
		         "%s: %u more like this in the last %lld s", s->msg,
		         s->count, seconds ? seconds : 1);
}

static void log_summaries(int64_t now, bool all)
{
	struct loglimit_summary summary;
	bool more;

	do {
		pthread_mutex_lock(&often.lock);
		more = loglimit_next(&often.limit, now, all, &summary);
		pthread_mutex_unlock(&often.lock);
		if (more)
			log_summary(&summary);
	} while (more);
}

static int64_t often_tick(struct ticker_client *client, int64_t now)
{
	int64_t due;

	(void)client;
	log_summaries(now, false);
	pthread_mutex_lock(&often.lock);
	due = loglimit_due(&often.limit);
	pthread_mutex_unlock(&often.lock);
	return due;
}

static bool often_pass(const struct loglimit_event *e)
{
	bool opened, pass;
	int64_t due;

	pthread_mutex_lock(&often.lock);
	pass = loglimit_pass(&often.limit, e, clock_now_ms(), &opened);
	due = loglimit_due(&often.limit);
	pthread_mutex_unlock(&often.lock);
	if (opened)
		ticker_wake(often.ticker, &often.client, due);
	return pass;
}

void log_often(enum log_level level, const struct log_about *about,
               const char *fmt, ...)
{
	char msg[MSG_MAX];
	struct loglimit_event e = { level, fmt, msg, about };
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, fmt);
	vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	if (log_wants(LOG_LVL_DEBUG) || !atomic_load(&often.on) ||
	    often_pass(&e))
		log_put(level, about, msg);
}

/* ---- life ---- */

static enum where stderr_is(void)
{
	const char *journal = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (fstat(STDERR_FILENO, &st) < 0)
		return AT_PERSON;
	if (journal && sscanf(journal, "%llu:%llu", &device, &inode) == 2 &&
	    st.st_dev == device && st.st_ino == inode)
		return AT_JOURNAL;
	return S_ISREG(st.st_mode) ? AT_FILE : AT_PERSON;
}

int log_start(enum log_sink sink, int64_t often_ms)
{
	int err;

	if (sink == LOG_TO_SYSLOG)
		openlog("dreamfs", LOG_PID, LOG_DAEMON);
	atomic_store(&where, sink == LOG_TO_SYSLOG ? AT_SYSLOG_AND_PERSON
	                                           : stderr_is());
	err = loglimit_init(&often.limit, LOG_OFTEN_FIRST,
	                    often_ms ? often_ms : LOG_OFTEN_MS);
	if (err)
		return err;
	err = ticker_create(&often.ticker);
	if (err) {
		loglimit_release(&often.limit);
		return err;
	}
	ticker_add(often.ticker, &often.client);
	atomic_store(&often.on, true);
	return 0;
}

void log_detach(void)
{
	enum where both = AT_SYSLOG_AND_PERSON;

	atomic_compare_exchange_strong(&where, &both, AT_SYSLOG);
}

void log_stop(void)
{
	if (!atomic_exchange(&often.on, false))
		return;
	ticker_remove(often.ticker, &often.client);
	ticker_destroy(often.ticker);
	log_summaries(clock_now_ms(), true);
	loglimit_release(&often.limit);
}
