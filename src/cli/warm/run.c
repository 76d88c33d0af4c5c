/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One loop over the list, the crew and the signals.  The list is read only as
 * fast as its keys are loaded, so memory does not depend on its length.
 */
#include "cli/warm/run.h"

#include "cli/warm/crew.h"
#include "cli/warm/lines.h"
#include "cli/warm/progress.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/key.h"
#include "lib/percent.h"
#include "lib/units.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DRAW_MS      100
#define TELL_MS      10000 /* without a terminal */
#define COLUMNS      80    /* of a terminal that does not say */
#define FAILURES_MAX 65536 /* bytes of them that are listed */
#define NAME_ROOM    4096  /* longer ones the kernel refuses anyway */

struct run {
	const struct warm *w;
	struct crew crew;
	struct progress progress;
	struct lines lines;
	struct buf failures; /* what is listed at the end */
	uint64_t unlisted;
	uint64_t capacity, evictions; /* the group's, at the start */
	uint64_t too_large;
	int signal_fd, signal; /* the one that ends us; 0: none */
	bool gone;             /* the mount ended meanwhile */
	bool broken;           /* the list, or we, could not go on */
	bool bar;              /* standard error is a terminal to draw on */
	int drawn;             /* columns in use there */
	int64_t tell_ms;       /* when to say something next */
	char key[LINES_ROOM];
	char name[3 * LINES_ROOM + 1];
};

/* ---- what is shown ---- */

static void bar_draw(struct run *r)
{
	pid_t front = tcgetpgrp(STDERR_FILENO);
	int columns = COLUMNS, len, blank;
	char text[PROGRESS_TEXT_MAX];
	struct winsize size;

	/* Not while another process has the terminal. */
	if (front >= 0 && front != getpgrp())
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		columns = size.ws_col;
	len = (int)progress_bar(&r->progress, clock_now_ms(), columns, text);
	/* What is longer was already wrapped by the terminal. */
	blank = r->drawn < columns ? r->drawn - len : 0;
	fprintf(stderr, "\r%s%*s", text, blank > 0 ? blank : 0, "");
	r->drawn = len;
}

/* Makes room for another line; the bar comes back by itself. */
static void bar_clear(struct run *r)
{
	if (r->drawn)
		fprintf(stderr, "\r%*s\r", r->drawn, "");
	r->drawn = 0;
}

static void line_tell(struct run *r, const char *before)
{
	char text[PROGRESS_TEXT_MAX];

	progress_line(&r->progress, clock_now_ms(), text);
	fprintf(stderr, "dreamfs: %s%s\n", before, text);
}

/* ---- one key ---- */

/* Control characters as the name of the same key spells them. */
static const char *name_clean(struct run *r, const char *name)
{
	char *out = r->name;

	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			out += percent_write(*name, out);
		else
			*out++ = *name;
	*out = '\0';
	return r->name;
}

static void loaded_note(struct run *r, const struct loaded *l)
{
	const char *name, *what = strerror(-l->err);

	r->progress.done++;
	r->progress.bytes += l->size;
	r->progress.failed += l->err != 0;
	r->too_large += l->size > r->capacity;
	if (!l->err && !r->w->verbose)
		return;
	name = name_clean(r, l->name);
	if (!l->err) {
		printf("%s\t%" PRIu64 "\n", name, l->size);
	} else if (r->w->verbose) {
		bar_clear(r);
		fprintf(stderr, "%s: %s\n", name, what);
	} else if (buf_printf(&r->failures, "%s: %s\n", name, what) < 0) {
		r->unlisted++;
	}
}

static void loaded_take(struct run *r)
{
	struct loaded *l;

	while ((l = crew_take(&r->crew))) {
		if (l->err == -ENOTCONN || l->err == -ECONNABORTED)
			r->gone = true;
		else
			loaded_note(r, l);
		free(l);
	}
	if (r->w->verbose)
		fflush(stdout);
}

/* `what` and `whom` are said one behind the other. */
static void fail(struct run *r, const char *what, const char *whom, int err)
{
	bar_clear(r);
	fprintf(stderr, "dreamfs: %s%s: %s\n", what, whom, strerror(-err));
	r->broken = true;
}

/* ---- the loop ---- */

static bool run_reads(const struct run *r)
{
	return !r->gone && !r->broken;
}

/* A line is a file name or, having a '/', nearly one. */
static void lines_load(struct run *r)
{
	const char *line;
	size_t len;

	while (run_reads(r) && r->crew.pending < r->crew.room &&
	       lines_next(&r->lines, &line, &len)) {
		size_t n = key_from_name(line, len, r->key);
		int err;

		if (key_to_name(key_of(r->key, n), r->name) > NAME_ROOM)
			r->name[NAME_ROOM] = '\0';
		err = crew_load(&r->crew, r->name);
		if (err)
			fail(r, "cannot start a load", "", err);
	}
}

static void run_wait(struct run *r, bool read_list)
{
	struct pollfd fds[] = {
		{ .fd = r->signal_fd, .events = POLLIN },
		{ .fd = r->crew.done[0], .events = POLLIN },
		{ .fd = read_list ? r->lines.fd : -1, .events = POLLIN },
	};
	int64_t left = r->tell_ms - clock_now_ms();
	struct signalfd_siginfo info;
	int err = 0;

	if (poll(fds, 3, left < 0 ? 0 : (int)left) <= 0)
		return;
	if (fds[0].revents &&
	    read(r->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH)
			r->signal = (int)info.ssi_signo;
		else if (r->bar)
			r->tell_ms = 0;
	}
	if (fds[1].revents)
		loaded_take(r);
	if (fds[2].revents)
		err = lines_fill(&r->lines);
	if (err)
		fail(r, "cannot read ", r->w->list, err);
}

static void run_loop(struct run *r)
{
	while (!r->signal) {
		int64_t now;
		bool more;

		lines_load(r);
		more = run_reads(r) && !r->lines.ended;
		/* At the end of the list lines may be left in the buffer. */
		if (!more && !r->crew.pending)
			break;
		run_wait(r, more && r->crew.pending < r->crew.room);
		now = clock_now_ms();
		if (now < r->tell_ms)
			continue;
		progress_tick(&r->progress, now);
		if (r->bar)
			bar_draw(r);
		else if (!r->w->quiet)
			line_tell(r, "");
		r->tell_ms = now + (r->bar ? DRAW_MS : TELL_MS);
	}
}

/* ---- the beginning and the end ---- */

static uint64_t group_number(const struct warm *w, const char *name,
                             uint64_t unknown)
{
	char full[64], text[32];
	uint64_t n;
	ssize_t len;

	snprintf(full, sizeof(full), "user.dreamfs.%s", name);
	len = getxattr(w->dir, full, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	return number_parse(text, 10, INT64_MAX, &n) == 0 ? n : unknown;
}

/* Loading them was in vain if they are no longer there. */
static void losses_tell(const struct run *r)
{
	uint64_t now = group_number(r->w, "evictions", r->evictions);
	char capacity[UNITS_TEXT_MAX];

	size_format(r->capacity, capacity);
	if (r->too_large)
		fprintf(stderr,
		        "dreamfs: %" PRIu64 " of the values are larger than "
		        "the group's capacity (%s) and not kept\n",
		        r->too_large, capacity);
	if (now > r->evictions)
		fprintf(stderr,
		        "dreamfs: meanwhile %" PRIu64 " values were evicted: "
		        "the group's capacity is %s\n",
		        now - r->evictions, capacity);
}

static void run_tell(struct run *r)
{
	/* A signal ends the loop; what was loaded by then counts. */
	loaded_take(r);
	progress_end(&r->progress);
	if (r->bar) {
		bar_draw(r);
		putc('\n', stderr);
	}
	if (r->failures.len)
		fwrite(r->failures.data, 1, r->failures.len, stderr);
	if (r->unlisted)
		fprintf(stderr,
		        "dreamfs: %" PRIu64 " more failed; -v tells of all\n",
		        r->unlisted);
	if (r->signal)
		line_tell(r, "interrupted: ");
	else if (!r->bar && !r->w->quiet)
		line_tell(r, "");
	if (r->gone)
		fprintf(stderr, "dreamfs: the mount of '%s' has ended\n",
		        r->w->dir);
	else if (!r->signal && !r->w->quiet)
		losses_tell(r);
	fflush(stderr);
}

/* Those that were ignored when we came remain so. */
static int signals_open(sigset_t *set)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;

	sigemptyset(set);
	sigaddset(set, SIGWINCH);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &action) == 0 &&
		    action.sa_handler != SIG_IGN)
			sigaddset(set, numbers[i]);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int warm_run(const struct warm *w)
{
	static struct run run; /* it is large, and the only one */
	struct run *r = &run;
	struct reason why = { "" };
	sigset_t blocked;
	int64_t total = lines_count(w->list_fd);
	int err;

	r->w = w;
	lines_init(&r->lines, w->list_fd);
	buf_init(&r->failures, FAILURES_MAX);
	progress_init(&r->progress, total > 0 ? (uint64_t)total : 0,
	              clock_now_ms());
	r->capacity = group_number(w, "capacity", UINT64_MAX);
	r->evictions = group_number(w, "evictions", UINT64_MAX);
	/* Keys typed in by hand would be drawn over. */
	r->bar = !w->quiet && isatty(STDERR_FILENO) && !isatty(w->list_fd) &&
	         !(w->verbose && isatty(STDOUT_FILENO));
	r->tell_ms = clock_now_ms() + (r->bar ? 0 : TELL_MS);
	r->signal_fd = signals_open(&blocked);
	err = r->signal_fd < 0
	              ? reason_set(&why, -errno, "cannot start: %s",
	                           strerror(errno))
	              : crew_init(&r->crew, w->dir_fd, w->threads, &why);
	if (err) {
		fprintf(stderr, "dreamfs: %s\n", why.text);
		return 1;
	}
	run_loop(r);
	run_tell(r);
	if (r->signal) {
		/* So whoever called us knows that we were interrupted; and
		 * nothing else ends the threads that wait. */
		signal(r->signal, SIG_DFL);
		raise(r->signal);
		pthread_sigmask(SIG_UNBLOCK, &blocked, NULL);
		_exit(128 + r->signal);
	}
	crew_release(&r->crew);
	close(r->signal_fd);
	buf_release(&r->failures);
	return r->gone || r->broken || r->progress.failed ? 1 : 0;
}
