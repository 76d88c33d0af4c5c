/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is there as a whole or not at all. */
#ifndef DREAMFS_NEWFILE_H
#define DREAMFS_NEWFILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the bytes to a file beside `path`, readable by everybody as far as
 * the umask lets them, and then gives it that name.  A link is followed.  0;
 * -EEXIST if something has the name and is not to be replaced; -EINVAL if that
 * is no regular file; or another negative errno: nothing has changed and
 * nothing is left behind, unless the process is killed in between.
 */
int newfile_write(const char *path, const char *bytes, size_t len,
                  bool replace);

#endif
