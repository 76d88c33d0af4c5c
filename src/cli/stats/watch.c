/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stats/ask.h"
#include "cli/stats/screen.h"

#include "lib/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define PATIENCE_MS 2000 /* before it is said that no answer comes */

struct watching {
	const struct stats_watch *w;
	bool screen;
	int signals;
	struct stats_sample now, before;
	bool twice; /* `before` is one */
	struct stats_ask ask;
	int64_t asked_ms; /* the latest time */
	int64_t heard_ms; /* the latest answer */
	struct reason trouble;
	bool told; /* of the trouble, where it is told once */
	bool over;
	int status;
};

/* ---- showing ---- */

static int page_draw(const struct watching *s, struct stats_view *view)
{
	char trouble[sizeof(s->trouble.text) + 64];
	struct buf out;
	int err;

	screen_size(&view->width, &view->rows);
	view->rows -= view->rows > 1; /* as screen.c leaves free */
	view->busiest_first = true;
	snprintf(trouble, sizeof(trouble), "NO ANSWER FOR %llds: %s",
	         (long long)(clock_now_ms() - s->heard_ms) / 1000,
	         s->trouble.text);
	if (s->trouble.text[0])
		view->trouble = trouble;
	buf_init(&out, STATSTEXT_MAX);
	err = stats_table_print(view, &out);
	if (!err)
		err = screen_draw(out.data, out.len);
	buf_release(&out);
	view->trouble = NULL;
	return err;
}

/* `fresh`: there is something that was not shown. */
static void show(struct watching *s, bool fresh)
{
	struct stats_view view = { .now = &s->now,
		                   .before = s->twice ? &s->before : NULL,
		                   .width = SCREEN_WIDE,
		                   .rows = SIZE_MAX };
	int err = 0;

	if (s->screen)
		err = page_draw(s, &view);
	else if (fresh && s->twice && !s->w->json && putchar('\n') == EOF)
		err = -errno;
	else if (fresh)
		err = stats_view_write(&view, s->w->json);
	if (!s->screen && s->trouble.text[0] && !s->told) {
		fprintf(stderr, "dreamfs: %s\n", s->trouble.text);
		s->told = true;
	}
	if (!err)
		return;
	screen_leave();
	fprintf(stderr, "dreamfs: cannot write: %s\n", strerror(-err));
	s->over = true;
	s->status = 1;
}

/* ---- asking ---- */

static void take(struct watching *s)
{
	struct stats_sample next = { .at_us = 0 };
	struct reason why = { "" };
	int err = stats_ask_take(&s->ask, &next, &why);

	if (err == -EAGAIN)
		return;
	if (err) {
		s->trouble = why;
		show(s, false);
		return;
	}
	statstext_release(&s->before.text);
	s->before = s->now;
	s->now = next;
	s->twice = true;
	s->heard_ms = clock_now_ms();
	s->trouble.text[0] = '\0';
	s->told = false;
	show(s, true);
}

/* What is due now, and in how many milliseconds to look again. */
static int due(struct watching *s)
{
	int64_t now = clock_now_ms(), next = s->asked_ms + s->w->interval_ms;

	if (!s->ask.pid && now >= next) {
		s->asked_ms = now;
		if (stats_ask_begin(&s->ask, s->w->place, &s->trouble) < 0)
			show(s, false);
		next = now + s->w->interval_ms;
	}
	if (!s->ask.pid)
		return (int)(next - now);
	if (now - s->asked_ms >= PATIENCE_MS) {
		reason_set(&s->trouble, 0, "'%s' does not answer", s->w->place);
		show(s, false);
		return 1000;
	}
	return (int)(s->asked_ms + PATIENCE_MS - now);
}

/* ---- being told ---- */

static void hear(struct watching *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGTSTP) {
		/* As the terminal's ^Z asks; it goes on later. */
		screen_leave();
		raise(SIGSTOP);
		if (s->screen)
			screen_enter();
	} else if (info.ssi_signo != SIGWINCH) {
		s->over = true;
	}
	if (!s->over)
		show(s, false);
}

static void step(struct watching *s)
{
	struct pollfd fds[] = {
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->screen ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};
	int wait = due(s);

	fds[2].fd = s->ask.pid ? s->ask.fd : -1;
	if (poll(fds, 3, s->over ? 0 : wait) < 0)
		return;
	if (fds[0].revents)
		hear(s);
	/* Without POLLIN the terminal is gone. */
	if (fds[1].revents && (!(fds[1].revents & POLLIN) || screen_quits()))
		s->over = true;
	if (fds[2].revents)
		take(s);
}

static int signals_open(sigset_t *before, bool screen)
{
	/* The last two are for a screen. */
	static const int numbers[] = { SIGINT,  SIGTERM, SIGHUP,
		                       SIGQUIT, SIGTSTP, SIGWINCH };
	sigset_t set;

	sigemptyset(&set);
	for (size_t n = 0; n < (screen ? 6 : 4); n++)
		sigaddset(&set, numbers[n]);
	sigprocmask(SIG_BLOCK, &set, before);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int stats_watch(const struct stats_watch *w, struct stats_sample *first)
{
	struct watching s = { .w = w,
		              .screen = !w->json && screen_possible(),
		              .now = *first,
		              .ask = { .fd = -1 } };
	sigset_t before;

	s.signals = signals_open(&before, s.screen);
	s.asked_ms = s.heard_ms = clock_now_ms();
	if (s.screen)
		screen_enter();
	show(&s, true);
	while (!s.over)
		step(&s);
	screen_leave();
	stats_ask_abort(&s.ask);
	close(s.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	statstext_release(&s.now.text);
	statstext_release(&s.before.text);
	return s.status;
}
