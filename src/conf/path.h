/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that still mean the same when the process has gone to "/". */
#ifndef DREAMFS_PATH_H
#define DREAMFS_PATH_H

/* Absolute, from the working directory, otherwise as given; for free(3).
 * NULL without memory. */
char *path_absolute(const char *path);

/* The same with links, "." and ".." resolved; of a path whose end cannot be
 * looked at (a dead mount) all but the last part.  NULL without memory. */
char *path_resolve(const char *path);

#endif
