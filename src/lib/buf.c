/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BUF_FIRST 256 /* bytes of the first allocation */
#define PAGE      ((uintptr_t)4096)
#define HUGE_PAGE ((size_t)2 << 20)

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_release(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->err = 0;
}

/* Remembers the first error. */
static int buf_fail(struct buf *b, int err)
{
	if (!b->err)
		b->err = err;
	return b->err;
}

/*
 * Allocates exactly `cap` bytes.  Filling a big buffer is mostly page faults:
 * with huge pages there are 512 times fewer.  Only advice: it may be refused.
 * It covers the whole mapping, with malloc's head, or mremap(2) could no longer
 * move it in one piece.
 */
static int buf_resize(struct buf *b, size_t cap)
{
	char *data = realloc(b->data, cap);
	uintptr_t from = (uintptr_t)data & ~(PAGE - 1);

	if (!data)
		return buf_fail(b, -ENOMEM);
	b->data = data;
	b->cap = cap;
	if (cap >= HUGE_PAGE)
		madvise((void *)from,
		        ((uintptr_t)data + cap + PAGE - 1 - from) & ~(PAGE - 1),
		        MADV_HUGEPAGE);
	return 0;
}

int buf_reserve(struct buf *b, size_t more)
{
	size_t need, cap;

	if (b->err || more > b->max - b->len)
		return buf_fail(b, -EFBIG);
	need = b->len + more;
	if (need <= b->cap)
		return 0;
	cap = b->cap > b->max / 2 ? b->max : b->cap * 2;
	if (cap < BUF_FIRST)
		cap = BUF_FIRST;
	return buf_resize(b, cap < need ? need : cap);
}

int buf_append(struct buf *b, const void *bytes, size_t n)
{
	int err = buf_reserve(b, n);

	if (err || n == 0)
		return err;
	memcpy(b->data + b->len, bytes, n);
	b->len += n;
	return 0;
}

int buf_puts(struct buf *b, const char *text)
{
	return buf_append(b, text, strlen(text));
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (b->err || n < 0 || (size_t)n > b->max - b->len)
		return buf_fail(b, -EFBIG);
	if (b->cap < b->len + (size_t)n + 1 &&
	    buf_resize(b, (b->len + (size_t)n + 1) * 2) < 0)
		return b->err;
	va_start(args, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
	return 0;
}

int buf_end(struct buf *b)
{
	if (buf_append(b, "", 1) == 0)
		b->len--;
	return b->err;
}

char *buf_steal(struct buf *b, size_t *len)
{
	char *data = b->data, *fit = NULL;

	*len = b->len;
	if (b->len == 0) {
		buf_release(b);
		return NULL;
	}
	if (b->cap > b->len)
		fit = realloc(data, b->len);
	buf_init(b, b->max);
	return fit ? fit : data;
}
