/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of a command. */
#ifndef DREAMFS_COMMAND_OPTIONS_H
#define DREAMFS_COMMAND_OPTIONS_H

#include "lib/option/option.h"

struct exit_codes {
	int *codes;
	size_t count;
};

struct command_options {
	struct exit_codes not_found_exit; /* they mean "no such key" */
	char *user;                       /* whom it runs as; NULL: as we do */
};

extern const struct option_def command_options[];

/* A command line whose program, if it has a path, is made absolute: the daemon
 * runs in '/'. */
extern const struct option_type command_line;

#endif
