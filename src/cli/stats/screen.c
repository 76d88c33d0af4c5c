/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The codes are ECMA-48's and xterm's (console_codes(4)). */
#include "cli/stats/screen.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define SCREEN_MAX ((size_t)16 << 20)
#define ENTER      "\033[?1049h\033[?25l"
#define LEAVE      "\033[?25h\033[?1049l"
#define HOME       "\033[H"
#define END_LINE   "\033[K\r\n"
#define END_PAGE   "\033[J"

static struct {
	bool entered, keys;
	struct termios before;
} screen;

bool screen_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

static int screen_write(const char *bytes, size_t len)
{
	bool done = fwrite(bytes, 1, len, stdout) == len;

	return done && fflush(stdout) == 0 ? 0 : -EIO;
}

void screen_enter(void)
{
	struct termios raw;

	if (screen.entered)
		return;
	screen.entered = true;
	screen.keys = tcgetattr(STDIN_FILENO, &screen.before) == 0;
	if (screen.keys) {
		raw = screen.before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		/* read(2) takes what is there and does not wait. */
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	}
	screen_write(ENTER, strlen(ENTER));
}

void screen_leave(void)
{
	if (!screen.entered)
		return;
	screen.entered = false;
	screen_write(LEAVE, strlen(LEAVE));
	if (screen.keys)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen.before);
}

void screen_size(size_t *columns, size_t *rows)
{
	struct winsize w;

	*columns = 80;
	*rows = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_col || !w.ws_row)
		return;
	*columns = w.ws_col;
	*rows = w.ws_row;
}

int screen_text(const char *text, size_t len, size_t width, struct buf *out)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	size_t used = 0, fit = out->len, n; /* fit: beside what says so */

	for (; len; text += n, len -= n) {
		mbstate_t state = { 0 };
		int columns = -1; /* not to be shown */
		wchar_t c;

		n = mbrtowc(&c, text, len, &state);
		if (n == 0 || n > len)
			n = 1;
		else
			columns = wcwidth(c);
		used += columns < 0 ? 1 : (size_t)columns;
		if (used > width) {
			out->len = fit;
			return buf_puts(out, !width ? "" : utf8 ? "…" : "~");
		}
		if (columns < 0)
			buf_puts(out, "?");
		else
			buf_append(out, text, n);
		if (used < width)
			fit = out->len;
	}
	return out->err;
}

int screen_draw(const char *lines, size_t len)
{
	const char *end = lines + len;
	size_t columns, rows;
	struct buf page;
	int err;

	screen_size(&columns, &rows);
	buf_init(&page, SCREEN_MAX);
	buf_puts(&page, HOME);
	/* The last row stays free: its end would scroll. */
	for (size_t n = 1; n < rows && lines < end; n++) {
		const char *next = memchr(lines, '\n', (size_t)(end - lines));

		next = next ? next : end;
		screen_text(lines, (size_t)(next - lines), columns, &page);
		buf_puts(&page, END_LINE);
		lines = next + (next < end);
	}
	err = buf_puts(&page, END_PAGE);
	if (!err)
		err = screen_write(page.data, page.len);
	buf_release(&page);
	return err;
}

bool screen_quits(void)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	return n > 0 &&
	       (memchr(keys, 'q', (size_t)n) || memchr(keys, 'Q', (size_t)n));
}
