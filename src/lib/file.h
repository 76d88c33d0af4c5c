/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a regular file as one version of a value.
 *
 * A file that was written to meanwhile is no version at all: its size and
 * times before and after must agree.  A pipe or a device is never opened for
 * waiting.
 */
#ifndef DREAMFS_FILE_H
#define DREAMFS_FILE_H

#include "lib/buf.h"
#include "lib/reason.h"

#include <stdint.h>

#define FILE_TAG_MAX 96

struct file_version {
	int64_t mtime_ns;       /* Unix time */
	char tag[FILE_TAG_MAX]; /* changes whenever the file does */
};

/*
 * Appends the bytes to `bytes`, whose maximum holds.  If the file's tag is
 * `known` (NULL: none) nothing is read.
 *
 * 0; 1 if it is the known version; -ENOENT (also for a directory, and a name
 * no file can have), -EACCES, -EFBIG, -ECANCELED when cancel_fd (-1: none)
 * is readable, -EAGAIN if it was written to meanwhile, -EIO.
 */
int file_read(const char *path, const char *known, int cancel_fd,
              struct buf *bytes, struct file_version *version,
              struct reason *why);

#endif
