/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The work of `dreamfs warm`: from the list to the crew, with its progress on
 * standard error. */
#ifndef DREAMFS_CLI_WARM_RUN_H
#define DREAMFS_CLI_WARM_RUN_H

#include <stdbool.h>

#define WARM_THREADS_MAX 256

struct warm {
	const char *dir; /* the group's directory, as given */
	int dir_fd;
	char list[512]; /* as messages call it */
	int list_fd;
	int threads; /* 1 to WARM_THREADS_MAX */
	bool quiet;
	bool verbose;
};

/* The exit status: 0, or 1 if the list could not be read or a key failed.
 * Does not return when it was interrupted: the process then ends by that
 * signal, after it has said how far it came. */
int warm_run(const struct warm *w);

#endif
