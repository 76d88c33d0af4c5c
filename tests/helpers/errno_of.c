// SPDX-FileCopyrightText: The dreamfs authors
// SPDX-License-Identifier: Apache-2.0

/*
 * errno_of CALL PATH: what open(2) or another call says, as `ENOENT`; `OK` if
 * it says nothing.  It is given half a minute.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PATIENCE_SECONDS 30

static int call_open(const char *path)
{
	return open(path, O_RDONLY);
}

static int call_stat(const char *path)
{
	struct stat st;

	return stat(path, &st);
}

static int call_statfs(const char *path)
{
	struct statfs st;

	return statfs(path, &st);
}

static int call_write(const char *path)
{
	int fd = open(path, O_WRONLY);

	return fd == -1 ? -1 : (int)write(fd, "x", 1);
}

static int call_create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
}

static int call_truncate(const char *path)
{
	return truncate(path, 0);
}

static int call_mkdir(const char *path)
{
	return mkdir(path, 0777);
}

// Another name beside this one.
static const char *beside(const char *path)
{
	static char other[4096];

	snprintf(other, sizeof(other), "%s.new", path);
	return other;
}

static int call_rename(const char *path)
{
	return rename(path, beside(path));
}

static int call_link(const char *path)
{
	return link(path, beside(path));
}

static int call_symlink(const char *path)
{
	return symlink("x", path);
}

static int call_mkfifo(const char *path)
{
	return mkfifo(path, 0666);
}

static int call_chmod(const char *path)
{
	return chmod(path, 0600);
}

static int call_chown(const char *path)
{
	return chown(path, 1, 1);
}

// One that fails to be read ends as one that is read to its end does.
static int call_listdir(const char *path)
{
	DIR *dir = opendir(path);

	if (!dir)
		return -1;
	do
		errno = 0;
	while (readdir(dir));
	return errno ? -1 : 0;
}

static const struct {
	const char *name;
	int (*call)(const char *path);
} calls[] = {
	{ "open", call_open },     { "stat", call_stat },
	{ "statfs", call_statfs }, { "write", call_write },
	{ "create", call_create }, { "truncate", call_truncate },
	{ "mkdir", call_mkdir },   { "rmdir", rmdir },
	{ "unlink", unlink },      { "rename", call_rename },
	{ "link", call_link },     { "symlink", call_symlink },
	{ "mkfifo", call_mkfifo }, { "chmod", call_chmod },
	{ "chown", call_chown },   { "listdir", call_listdir },
	{ "umount", umount },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 3 && i < sizeof(calls) / sizeof(*calls);
	     i++) {
		if (strcmp(calls[i].name, argv[1]) != 0)
			continue;
		alarm(PATIENCE_SECONDS);
		puts(calls[i].call(argv[2]) == -1 ? strerrorname_np(errno)
		                                  : "OK");
		return 0;
	}
	fprintf(stderr, "usage: errno_of CALL PATH\n");
	return 2;
}
