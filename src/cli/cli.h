/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of `dreamfs`.  Each gets its own words, argv[0] being its
 * name, understands --help and --version, and returns the process' exit
 * status: 0 success, 1 failure, 2 usage; what went wrong is on standard
 * error.
 */
#ifndef DREAMFS_CLI_H
#define DREAMFS_CLI_H

int cli_check(int argc, char **argv);
int cli_init(int argc, char **argv);
int cli_ring(int argc, char **argv);
int cli_serve(int argc, char **argv);
int cli_stats(int argc, char **argv);
int cli_warm(int argc, char **argv);
int cli_mount(int argc, char **argv);
/* mount(8)'s helper, with that one's options and exit codes. */
int cli_mount_helper(int argc, char **argv);

#endif
