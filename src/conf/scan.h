/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place in a configuration file's bytes, and the texts and marks that follow.
 *
 *     text  = word | "'" … "'" | '"' … '"'
 *     mark  = one of { } = , ( )
 *     blank = space | tab | new line | # … | // … | slash-star … star-slash
 *
 * A word is letters, digits, bytes from 0x80 and any of . _ - % / : @ ~
 * A string ends on its line, unless a backslash ends the line.  In single
 * quotes \\ and \' are escapes; in double quotes C's are, and \e, and ${NAME}
 * and ${NAME:-default} come from the environment.  No text holds a NUL byte.
 * A byte order mark and the carriage returns of CRLF are dropped.
 *
 * All that return an int: 0; -EINVAL with "FILE:LINE: what is wrong" in `why`;
 * -ENOMEM or -EFBIG likewise.
 */
#ifndef DREAMFS_CONFSCAN_H
#define DREAMFS_CONFSCAN_H

#include "conf/tree.h"
#include "lib/buf.h"

#define SCAN_TEXT_MAX (64 << 20) /* far above any real text */

struct scan {
	struct confplace at; /* the file and the line of p */
	const char *p;
	const char *end;    /* a NUL behind the bytes, which may hold others */
	struct buf text;    /* the last text, without its quotes, and a NUL */
	int opened;         /* line of the block we are in; 0: none */
	struct reason *why; /* borrowed */
};

/* `bytes` are borrowed and written to; there are bytes[len] of them. */
void scan_init(struct scan *s, const struct conffile *file, char *bytes,
               size_t len, struct reason *why);
void scan_release(struct scan *s);

/* Passes blanks; the byte that stands behind them, NUL at the end. */
char scan_next(struct scan *s);
/* Whether a text stands here; whether the byte begins a string. */
bool scan_is_text(const struct scan *s);
bool scan_is_quote(char c);
/* Passes blanks and reads the text behind them. */
int scan_text(struct scan *s);
/* Passes blanks and the mark, which must follow in what is called `name`. */
int scan_mark(struct scan *s, char mark, const char *name);

/* Refuses what stands here. */
int scan_unexpected(struct scan *s);
/* 0, or the error that is not of the file's making, said with the place. */
int scan_fault(const struct scan *s, int err);
#define scan_fail(s, ...) \
	confplace_fail((s)->at, -EINVAL, (s)->why, __VA_ARGS__)

#endif
