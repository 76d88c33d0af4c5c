/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration that `dreamfs init` writes: a file for people, in which
 * what was not asked for stands as a comment. */
#ifndef DREAMFS_CLI_INIT_TEXT_H
#define DREAMFS_CLI_INIT_TEXT_H

#include "lib/reason.h"

#include <stddef.h>

#define ANSWER_MAX 4096 /* a line of a terminal has no more */

struct answers {
	char getter[ANSWER_MAX]; /* a name of getter_table */
	char source[ANSWER_MAX];
	char name[ANSWER_MAX]; /* the group's */
	char capacity[ANSWER_MAX];
	char ttl[ANSWER_MAX];
	char listen[ANSWER_MAX]; /* empty: no peers */
	char self[ANSWER_MAX];
	char others[ANSWER_MAX]; /* URLs with blanks or commas between */
};

/* The first getter with its example. */
void answers_default(struct answers *a);

/* The text, for free(3); NULL without memory. */
char *init_text(const struct answers *a, size_t *len);

/* Whether the file would be accepted: 0, or a negative errno with what is
 * wrong, without the place. */
int init_check(const struct answers *a, struct reason *why);

#endif
