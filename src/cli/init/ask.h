/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The questions of `dreamfs init`: asked on `talk`, answered on standard
 * input, each again until its answer will do. */
#ifndef DREAMFS_CLI_INIT_ASK_H
#define DREAMFS_CLI_INIT_ASK_H

#include "cli/init/text.h"

#include <stdbool.h>
#include <stdio.h>

bool ask_replace(const char *path, FILE *talk);

/* Beginning with what the answers are.  False if there was no more input. */
bool ask_all(struct answers *a, FILE *talk);

#endif
