/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)1 << 20) /* read between two looks at cancel_fd */

static int64_t time_ns(struct timespec t)
{
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void version_of(const struct stat *st, struct file_version *version)
{
	version->mtime_ns = time_ns(st->st_mtim);
	snprintf(version->tag, sizeof(version->tag),
	         "\"%" PRIxMAX "-%" PRIxMAX "-%" PRIx64 "-%" PRIx64 "\"",
	         (uintmax_t)st->st_ino, (uintmax_t)st->st_size,
	         time_ns(st->st_mtim), time_ns(st->st_ctim));
}

static int translate(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return -ENOENT;
	case EACCES:
	case EPERM:
		return -EACCES;
	default:
		return -EIO;
	}
}

/* O_NONBLOCK: opening a pipe would wait for a writer. */
static int file_open(const char *path, struct stat *st, struct reason *why)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return reason_set(why, translate(errno),
		                  "cannot open '%.160s': %s", path,
		                  strerror(errno));
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	err = S_ISDIR(st->st_mode) ? -ENOENT : -EIO;
	close(fd);
	return reason_set(why, err, "'%.160s' is %s", path,
	                  err == -ENOENT ? "a directory"
	                                 : "not a regular file");
}

static int read_all(int fd, const struct stat *st, int cancel_fd,
                    struct buf *bytes)
{
	struct pollfd cancel = { cancel_fd, POLLIN, 0 };
	size_t size = (uintmax_t)st->st_size > bytes->max - bytes->len
	                      ? SIZE_MAX
	                      : (size_t)st->st_size;
	int err = buf_reserve(bytes, size);

	while (!err) {
		size_t room = bytes->cap - bytes->len;
		char more;
		ssize_t n;

		if (cancel_fd >= 0 && poll(&cancel, 1, 0) > 0)
			return -ECANCELED;
		/* Behind the room there is more only if the file grew. */
		n = room ? read(fd, bytes->data + bytes->len,
		                room < CHUNK_BYTES ? room : CHUNK_BYTES)
		         : read(fd, &more, 1);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (room)
			bytes->len += (size_t)n;
		else
			err = buf_append(bytes, &more, 1);
	}
	return err;
}

int file_read(const char *path, const char *known, int cancel_fd,
              struct buf *bytes, struct file_version *version,
              struct reason *why)
{
	struct file_version after;
	struct stat st = { 0 };
	int fd = file_open(path, &st, why), err;

	if (fd < 0)
		return fd;
	version_of(&st, version);
	if (known && strcmp(known, version->tag) == 0) {
		close(fd);
		return 1;
	}
	err = read_all(fd, &st, cancel_fd, bytes);
	if (!err && fstat(fd, &st) < 0)
		err = -errno;
	close(fd);
	if (err == -EFBIG)
		return reason_set(why, err, "'%.160s' is larger than %zu bytes",
		                  path, bytes->max);
	if (err == -ECANCELED)
		return reason_set(why, err, "cancelled");
	if (err)
		return reason_set(why, -EIO, "cannot read '%.160s': %s", path,
		                  strerror(-err));
	version_of(&st, &after);
	if (strcmp(after.tag, version->tag) != 0)
		return reason_set(why, -EAGAIN,
		                  "'%.160s' changed while it was read", path);
	return 0;
}
