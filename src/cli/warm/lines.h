/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a descriptor, a piece at a time, for those who must not wait
 * for more: fill when poll(2) says that there is something, then take what
 * is whole.  Lines of nothing but blanks are passed over.  A line ends in a
 * newline, or in a carriage return and a newline, as editors elsewhere do it.
 *
 * Memory is what the structure has.  A line longer than that is given cut,
 * once.  Belongs to one thread.
 */
#ifndef DREAMFS_LINES_H
#define DREAMFS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_ROOM 65536

struct lines {
	int fd;      /* borrowed */
	bool ended;  /* nothing is left to read */
	bool skip;   /* what comes first is the rest of a line that was cut */
	size_t from; /* bytes[from..to) were read and not taken */
	size_t to;
	char bytes[LINES_ROOM];
};

void lines_init(struct lines *l, int fd);

/* One read(2), which may block.  0, or a negative errno: it has ended then.
 * Not before lines_next() said false. */
int lines_fill(struct lines *l);

/* The next line without its end, valid until the next call of either; the
 * last one may have none.  False: fill first, or it has ended. */
bool lines_next(struct lines *l, const char **line, size_t *len);

/* How many lines a regular file has from where it stands, which does not
 * change; -1 of anything else, or if it cannot be read. */
int64_t lines_count(int fd);

#endif
