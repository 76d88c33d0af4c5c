/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/init/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file system that cannot refuse in one step has been asked before. */
static int name_give(const char *from, const char *to, bool replace)
{
	if (!replace &&
	    renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (!replace && errno != EINVAL && errno != ENOSYS)
		return -errno;
	return rename(from, to) < 0 ? -errno : 0;
}

static int beside_write(const char *path, const char *bytes, size_t len,
                        bool replace)
{
	char *temp;
	FILE *out;
	int err = 0;

	if (asprintf(&temp, "%s.%d", path, (int)getpid()) < 0)
		return -ENOMEM;
	out = fopen(temp, "wxe");
	if (!out) {
		err = -errno;
		free(temp);
		return err;
	}
	if (fwrite(bytes, 1, len, out) < len || fflush(out) != 0 ||
	    fsync(fileno(out)) < 0)
		err = -errno;
	if (fclose(out) != 0 && !err)
		err = -errno;
	if (!err)
		err = name_give(temp, path, replace);
	if (err)
		unlink(temp);
	free(temp);
	return err;
}

int newfile_write(const char *path, const char *bytes, size_t len, bool replace)
{
	struct stat st;
	char *real;
	int err;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? beside_write(path, bytes, len, false)
		                       : -errno;
	if (!replace)
		return -EEXIST;
	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	real = realpath(path, NULL);
	err = real ? beside_write(real, bytes, len, true) : -errno;
	free(real);
	return err;
}
