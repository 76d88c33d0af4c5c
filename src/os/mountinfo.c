/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* Undoes the kernel's \ooo for space, tab, newline and backslash. */
static void unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		unsigned int c;

		if (text[0] == '\\' && sscanf(text + 1, "%3o", &c) == 1) {
			*out++ = (char)c;
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

bool mountinfo_find(const char *path, struct mount *out)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *point;
	bool found = false;
	size_t cap = 0;

	if (!f)
		return false;
	while (getline(&line, &cap, f) >= 0) {
		struct mount m;
		const char *dash = strstr(line, " - ");

		if (!dash || sscanf(dash, " - %63s", m.type) != 1 ||
		    sscanf(line, "%*d %*d %31s %*s %ms", m.device, &point) != 2)
			continue;
		unescape(point);
		/* Later lines lie on top of earlier ones. */
		if (strcmp(point, path) == 0) {
			*out = m;
			found = true;
		}
		free(point);
	}
	free(line);
	fclose(f);
	return found;
}

int mount_ask(const char *path, const char *device)
{
	char now[MOUNT_DEVICE_MAX];
	struct statfs fs;
	struct statx st;

	/* Does not ask the daemon. */
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, 0, &st) == 0 && *device) {
		snprintf(now, sizeof(now), "%u:%u", st.stx_dev_major,
		         st.stx_dev_minor);
		if (strcmp(now, device) != 0)
			return -ENOENT;
	}
	return statfs(path, &fs) < 0 ? -errno : 0;
}

int mount_detach(const char *path)
{
	char *argv[] = { "fusermount3", "-u",         "-z", "-q",
		         "--",          (char *)path, NULL };
	int status, err;
	pid_t pid;

	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 0;
	if (errno != EPERM)
		return -errno;
	err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}
