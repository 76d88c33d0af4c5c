/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer with a maximum from birth, which remembers what first
 * went wrong.  Nothing is appended after that, so a text is written without
 * looking and asked once, at the end:
 *
 *	buf_printf(out, "%s=\"", name);
 *	for (; *text; text++)
 *		append_escaped(out, *text);
 *	return buf_puts(out, "\"");
 *
 * The bytes are whatever was appended; buf_printf() also keeps a NUL behind
 * them that is not counted.  A buffer belongs to one thread at a time.
 *
 * Growth doubles and goes through realloc(3), which moves big blocks by
 * remapping, not by copying.
 */
#ifndef DREAMFS_BUF_H
#define DREAMFS_BUF_H

#include <stddef.h>

struct buf {
	char *data; /* owned; NULL while nothing was reserved */
	size_t len; /* bytes used */
	size_t cap; /* bytes allocated */
	size_t max; /* len never exceeds this */
	int err;    /* 0, or the first error: -EFBIG, -ENOMEM */
};

/* Starts empty; allocates nothing. */
void buf_init(struct buf *b, size_t max);
/* Frees the bytes and leaves an empty buffer of the same maximum. */
void buf_release(struct buf *b);
/* Empties it for the next text: no bytes, no error, the same memory. */
void buf_clear(struct buf *b);

/*
 * All of these return the buffer's first error, theirs or an earlier one: 0;
 * -EFBIG if the maximum would be exceeded; -ENOMEM.  With one the bytes stay as
 * they were.
 */
/* Makes room for `more` bytes beyond len. */
int buf_reserve(struct buf *b, size_t more);
int buf_append(struct buf *b, const void *bytes, size_t n);
int buf_puts(struct buf *b, const char *text);
int buf_printf(struct buf *b, const char *fmt, ...)
        __attribute__((format(printf, 2, 3)));
/* Puts a NUL behind the bytes, which is not counted. */
int buf_end(struct buf *b);

/*
 * Hands the bytes to the caller, who frees them with free(3), shrunk to fit;
 * the buffer is empty afterwards, without an error.  NULL when empty.
 */
char *buf_steal(struct buf *b, size_t *len);

#endif
