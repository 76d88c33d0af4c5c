/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of every command, read in one way: a table of options for
 * getopt_long(3), and how many words may follow.  --help and --version are
 * known without being in it.
 *
 * Not argp(3), which was tried: a command's table and parser took twice the
 * lines, its help says [OPTION...] where ours (and completion, which reads it)
 * has them all, and -h would be no option.
 */
#ifndef DREAMFS_CLI_OPTIONS_H
#define DREAMFS_CLI_OPTIONS_H

#include <getopt.h>
#include <limits.h>

#define OPTIONS_GO_ON (-1)
#define EXIT_USAGE    2
#define OPTIONS_MAX   16 /* of a command */
#define WORDS_ANY     INT_MAX

struct cli_option {
	char letter;      /* 0: none */
	const char *name; /* NULL: none */
	int has;          /* getopt_long's: no_argument, ... */
	/* For each time it is given, in their order; `value` NULL: it has
	 * none.  0, or negative when it was said what is wrong.  NULL: it
	 * means nothing. */
	int (*take)(void *to, const char *value);
	void *to;
};

struct cli_syntax {
	const char *usage; /* lines */
	const char *help;  /* what --help says below them */
	int least, most;   /* words */
};

/* For `take`: sets the bool. */
int option_set(void *to, const char *value);

/* `options` end with an empty one; NULL: none.  OPTIONS_GO_ON, with the words
 * from argv[optind] on; or the exit status, when all was said: help, the
 * version, or what is wrong (2). */
int options_parse(const struct cli_syntax *s, const struct cli_option *options,
                  int argc, char **argv);
/* Says how it should be; returns 2. */
int options_refuse(const struct cli_syntax *s);

#endif
