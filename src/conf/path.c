/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/path.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `dir` and `name` with one slash between; takes nothing. */
static char *path_join(const char *dir, const char *name)
{
	char *out;

	if (asprintf(&out, "%s/%s", strcmp(dir, "/") ? dir : "", name) < 0)
		return NULL;
	return out;
}

char *path_absolute(const char *path)
{
	char *cwd, *out;

	if (*path == '/')
		return strdup(path);
	cwd = getcwd(NULL, 0);
	out = cwd ? path_join(cwd, path) : NULL;
	free(cwd);
	return out;
}

char *path_resolve(const char *path)
{
	char *out = realpath(path, NULL), *above, *last, *dir;

	if (out)
		return out;
	/* dirname() and basename() change what they are given. */
	above = path_absolute(path);
	last = path_absolute(path);
	dir = above ? realpath(dirname(above), NULL) : NULL;
	if (dir && last)
		out = path_join(dir, basename(last));
	free(dir);
	free(above);
	free(last);
	return out ? out : path_absolute(path);
}
