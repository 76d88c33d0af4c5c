/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warm/lines.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void lines_init(struct lines *l, int fd)
{
	l->fd = fd;
	l->ended = l->skip = false;
	l->from = l->to = 0;
}

int lines_fill(struct lines *l)
{
	ssize_t n;

	memmove(l->bytes, l->bytes + l->from, l->to - l->from);
	l->to -= l->from;
	l->from = 0;
	n = read(l->fd, l->bytes + l->to, LINES_ROOM - l->to);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	l->ended = n <= 0;
	if (n < 0)
		return -errno;
	l->to += (size_t)n;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

bool lines_next(struct lines *l, const char **line, size_t *len)
{
	for (;;) {
		const char *from = l->bytes + l->from, *end;
		size_t left = l->to - l->from, text;
		bool rest = l->skip;

		end = memchr(from, '\n', left);
		/* What fills all the room is cut; the last may have no end. */
		if (!end && left < LINES_ROOM && !(l->ended && left))
			return false;
		*line = from;
		*len = end ? (size_t)(end - from) : left;
		l->from += *len + (end != NULL);
		l->skip = *len == LINES_ROOM;
		for (text = *len; text && is_blank(from[text - 1]); text--)
			continue;
		if (rest || !text)
			continue;
		if (!l->skip && from[*len - 1] == '\r')
			--*len;
		return true;
	}
}

int64_t lines_count(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	char bytes[LINES_ROOM];
	bool blank = true;
	int64_t count = 0;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || at < 0)
		return -1;
	while ((n = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		at += n;
		for (ssize_t i = 0; i < n; i++) {
			if (bytes[i] == '\n') {
				count += !blank;
				blank = true;
			} else if (!is_blank(bytes[i])) {
				blank = false;
			}
		}
	}
	return n < 0 ? -1 : count + !blank;
}
