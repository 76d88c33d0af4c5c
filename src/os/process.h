/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a program to its end and collects what it writes.
 *
 * The program is the leader of a process group of its own, has an empty
 * standard input, "/" as its directory, default signal handling and no other
 * descriptor than 0, 1 and 2.  It has ended when it has exited and nobody
 * holds its standard output open any more, as with $(...) in a shell; what it
 * left behind in the background is left alone.  Its soft limit of open files is
 * the one this process was started with.  Its standard error is read
 * all the time, so it never blocks, and only the end of it is kept.
 *
 * Started with posix_spawn(3), never fork(2): a big parent costs nothing.
 * Any number of threads may run programs at once.  Linux 5.3 for pidfds.
 */
#ifndef DREAMFS_PROCESS_H
#define DREAMFS_PROCESS_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Raises this process' own soft limit of open files to the hard one.  Before
 * any thread is started.  The soft one is low, usually 1024, for programs that
 * use select(2) or go through all possible descriptors; one that does neither
 * raises it (systemd, "File Descriptor Limits").  A node is such a program, its
 * getters' commands may not be.
 */
void process_raise_files(void);

#define PROCESS_ERR_MAX 4096 /* bytes kept of standard error */

struct process_end {
	bool started; /* if not, the returned error says why */
	int status;   /* the exit status; -1: killed by a signal */
	int signal;   /* that signal, or 0 */
	size_t err_len;
	char err[PROCESS_ERR_MAX]; /* the last bytes; no NUL at the end */
};

/*
 * Appends standard output to `out`, whose maximum holds while reading.
 * `argv[0]` is looked up in PATH; `env` is the whole environment.
 *
 * 0: it ran to its end, which *end describes.  -ECANCELED: cancel_fd (or -1)
 * became readable.  -EFBIG: more output than `out` may hold.  In both cases
 * the whole group got SIGTERM, 200 ms to go, then SIGKILL.  Another negative
 * errno: it could not be started, or no memory.  Reaped in every case.
 */
int process_run(char *const *argv, char *const *env, int cancel_fd,
                struct buf *out, struct process_end *end);

#endif
