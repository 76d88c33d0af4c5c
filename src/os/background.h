/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going to the background, such that whoever started us learns how it went:
 * the command returns only when the daemon is ready, and what it says until
 * then goes to the caller's standard error.
 */
#ifndef DREAMFS_BACKGROUND_H
#define DREAMFS_BACKGROUND_H

/*
 * Forks, before any thread exists.  In the child: 0, a session of its own
 * in "/".  In the parent this does not return: it exits with 0 as soon as the
 * child is ready, or with what the child exits with before that (`failed` if
 * a signal killed it).  Negative errno: no fork.
 */
int background_start(int failed);

/* In the child: lets the parent go and takes standard input, output and error
 * off whatever they were.  Does nothing without background_start(). */
void background_ready(void);

#endif
