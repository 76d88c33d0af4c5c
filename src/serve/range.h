/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Range of an HTTP request: RFC 9110 section 14.
 *
 * One range of bytes is honoured.  Several, another unit and what makes no
 * sense are ignored, as the RFC allows, and so is a range of nothing: the
 * whole is sent.
 */
#ifndef DREAMFS_RANGE_H
#define DREAMFS_RANGE_H

#include <stddef.h>

enum range_kind {
	RANGE_WHOLE,
	RANGE_PART,   /* 206 */
	RANGE_BEYOND, /* 416: all of it is behind the end */
};

struct range {
	enum range_kind kind;
	size_t from, len; /* within the size; of the whole, too */
};

/* `header`: the field's value, NULL: none; of `size` bytes. */
struct range range_parse(const char *header, size_t size);

#endif
