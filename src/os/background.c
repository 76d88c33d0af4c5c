/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/background.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int ready_fd = -1; /* the child's end; -1: in the foreground */

static void null_stdio(int last)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	for (int n = STDIN_FILENO; n <= last; n++)
		dup2(fd, n);
	close(fd);
}

/* One byte says "ready"; the end of the pipe without it, "gone". */
static _Noreturn void parent_wait(pid_t child, int fd, int failed)
{
	int status;
	ssize_t n;
	char byte;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(0);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			_exit(failed);
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	dprintf(STDERR_FILENO, "dreamfs: killed by signal %d while mounting\n",
	        WTERMSIG(status));
	_exit(failed);
}

int background_start(int failed)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	child = fork();
	if (child < 0) {
		int err = -errno;

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (child > 0) {
		close(fds[1]);
		parent_wait(child, fds[0], failed);
	}
	close(fds[0]);
	ready_fd = fds[1];
	setsid();
	null_stdio(STDIN_FILENO);
	return chdir("/") < 0 ? -errno : 0;
}

void background_ready(void)
{
	if (ready_fd < 0)
		return;
	null_stdio(STDERR_FILENO);
	/* If the parent is gone there is nobody to tell. */
	if (write(ready_fd, "", 1) < 0)
		errno = 0;
	close(ready_fd);
	ready_fd = -1;
}
