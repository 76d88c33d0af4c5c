/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers of tests/helpers that print their port on a line of their own.
 * Included behind cmocka.h.
 */
#ifndef DREAMFS_TESTS_SERVER_H
#define DREAMFS_TESTS_SERVER_H

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ORIGIN "tests/helpers/origin.py"

struct server {
	pid_t pid;
	int port;
};

/* With more arguments, NULL-terminated or NULL. */
static inline void server_start(struct server *s, const char *script,
                                char *const *more)
{
	char *argv[16] = { (char *)"/usr/bin/python3", (char *)script };
	posix_spawn_file_actions_t files;
	FILE *out;
	int fds[2], n = 2;

	while (more && *more)
		argv[n++] = *more++;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, fds[1], 1);
	assert_int_equal(
	        posix_spawn(&s->pid, argv[0], &files, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&files);
	close(fds[1]);
	out = fdopen(fds[0], "r");
	assert_non_null(out);
	assert_int_equal(fscanf(out, "%d", &s->port), 1);
	fclose(out);
}

static inline void server_stop(struct server *s)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

#endif
