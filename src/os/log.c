/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/log.h"

#include "lib/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MSG_MAX 1024

static const int priorities[] = {
	[LOG_LVL_ERROR] = LOG_ERR,
	[LOG_LVL_WARN] = LOG_WARNING,
	[LOG_LVL_INFO] = LOG_INFO,
	[LOG_LVL_DEBUG] = LOG_DEBUG,
};

/* What is at the other end. */
enum where { AT_PERSON, AT_FILE, AT_JOURNAL, AT_SYSLOG, AT_SYSLOG_AND_PERSON };

static atomic_int threshold = LOG_LVL_INFO;
static _Atomic enum log_format format = LOG_TEXT;
static _Atomic enum where where = AT_PERSON;

static struct {
	pthread_mutex_t lock;
	/* under lock */
	bool on;
	int64_t window_ms;
	struct list_node open; /* limits, whose window ends first, first */
} often = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.window_ms = LOG_OFTEN_MS,
	.open = { &often.open, &often.open },
};

void log_set(enum log_level level, enum log_format f)
{
	atomic_store(&threshold, (int)level);
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
		                     priorities[line->level]);
	if (to == AT_FILE && as == LOG_TEXT) {
		logline_time(&line->time, when);
		n = (size_t)snprintf(out, sizeof(out), "%s ", when);
	}
	if (to != AT_JOURNAL && as == LOG_TEXT) {
		bool plain = line->level == LOG_LVL_INFO;

		n += (size_t)snprintf(out + n, sizeof(out) - n, "dreamfs: %s%s",
		                      plain ? "" : log_level_names[line->level],
		                      plain ? "" : ": ");
	}
	n += (as == LOG_JSON ? logline_json : logline_text)(
	        line, out + n, sizeof(out) - n - 1);
	out[n++] = '\n';
	/* One write: lines never mix.  Nobody is left to tell if it fails. */
	if (write(STDERR_FILENO, out, n) < 0)
		return;
}

static void log_put(enum log_level level, const struct log_about *about,
                    const char *msg)
{
	struct logline line = { .level = level, .msg = msg, .about = about };
	enum log_format as = atomic_load(&format);
	enum where to = atomic_load(&where);
	char out[LOG_LINE_MAX];

	clock_gettime(CLOCK_REALTIME, &line.time);
	if (to == AT_SYSLOG || to == AT_SYSLOG_AND_PERSON) {
		(as == LOG_JSON ? logline_json : logline_text)(&line, out,
		                                               sizeof(out));
		syslog(priorities[level], "%s", out);
	} else {
		write_stderr(&line, to, as);
	}
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

/* All of these under the lock, and so are the summaries told: a limit's owner
 * may be gone right after. */

static struct log_limit *limit_first(void)
{
	return list_empty(&often.open)
	               ? NULL
	               : container_of(often.open.next, struct log_limit, node);
}

static void window_begin(struct log_limit *l, unsigned int allowed, int64_t now)
{
	l->began = now;
	l->ends = now + often.window_ms;
	l->allowed = allowed;
	l->held = 0;
	list_insert(often.open.prev, &l->node);
}

/* True if there was something to tell. */
static bool window_end(struct log_limit *l, int64_t now)
{
	long long seconds = (now - l->began + 500) / 1000;
	struct log_about about = { .group = l->group,
		                   .peer = l->peer,
		                   .error = l->error };

	list_remove(&l->node);
	l->ends = 0;
	if (l->held)
		log_line(l->level, &about,
		         "%s: %u more like this in the last %lld s", l->msg,
		         l->held, seconds ? seconds : 1);
	return l->held > 0;
}

/* What does not pass is counted, and the last of it kept. */
static bool limit_pass(struct log_limit *l, enum log_level level,
                       const struct log_about *about, const char *msg)
{
	if (!often.on)
		return true;
	if (!l->ends)
		window_begin(l, LOG_OFTEN_FIRST, clock_now_ms());
	if (l->allowed) {
		l->allowed--;
		return true;
	}
	l->held++;
	l->level = level;
	l->group = about ? about->group : NULL;
	l->peer = about ? about->peer : NULL;
	snprintf(l->msg, sizeof(l->msg), "%.*s", (int)sizeof(l->msg) - 1, msg);
	snprintf(l->error, sizeof(l->error), "%s",
	         about && about->error ? about->error : "");
	return false;
}

/* ---- and what others call ---- */

void log_often(struct log_limit *l, enum log_level level,
               const struct log_about *about, const char *fmt, ...)
{
	char msg[MSG_MAX];
	bool pass = true;
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, fmt);
	vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	if (!log_wants(LOG_LVL_DEBUG)) {
		pthread_mutex_lock(&often.lock);
		pass = limit_pass(l, level, about, msg);
		pthread_mutex_unlock(&often.lock);
	}
	if (pass)
		log_put(level, about, msg);
}

int64_t log_tick(int64_t now)
{
	struct log_limit *l;
	int64_t next;

	pthread_mutex_lock(&often.lock);
	while ((l = limit_first()) && l->ends <= now)
		if (window_end(l, now))
			window_begin(l, 1, now);
	next = l ? l->ends : now + often.window_ms;
	pthread_mutex_unlock(&often.lock);
	return next;
}

void log_limit_release(struct log_limit *l)
{
	pthread_mutex_lock(&often.lock);
	if (l->ends)
		window_end(l, clock_now_ms());
	pthread_mutex_unlock(&often.lock);
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

void log_start(enum log_sink sink, int64_t often_ms)
{
	if (sink == LOG_TO_SYSLOG)
		openlog("dreamfs", LOG_PID, LOG_DAEMON);
	atomic_store(&where, sink == LOG_TO_SYSLOG ? AT_SYSLOG_AND_PERSON
	                                           : stderr_is());
	pthread_mutex_lock(&often.lock);
	often.window_ms = often_ms ? often_ms : LOG_OFTEN_MS;
	often.on = true;
	pthread_mutex_unlock(&often.lock);
}

void log_detach(void)
{
	enum where both = AT_SYSLOG_AND_PERSON;

	atomic_compare_exchange_strong(&where, &both, AT_SYSLOG);
}

void log_stop(void)
{
	struct log_limit *l;

	pthread_mutex_lock(&often.lock);
	often.on = false;
	while ((l = limit_first()))
		window_end(l, clock_now_ms());
	pthread_mutex_unlock(&often.lock);
}
