/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a command that has no options but --help and --version. */
#ifndef DREAMFS_CLI_WORDS_H
#define DREAMFS_CLI_WORDS_H

#include <limits.h>

#define CLI_GO_ON     (-1)
#define CLI_UNLIMITED INT_MAX

/* CLI_GO_ON, with the first of `least` to `most` words at argv[optind]; or
 * the exit status, when all was said: help, the version, or the usage. */
int cli_words(int argc, char **argv, const char *usage, const char *help,
              int least, int most);

#endif
