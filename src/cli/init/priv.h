/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What the questions of `dreamfs init` and the file that it writes have in
 * common: the answers. */
#ifndef DREAMFS_CLI_INIT_PRIV_H
#define DREAMFS_CLI_INIT_PRIV_H

#include "lib/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ANSWER_MAX 4096 /* a line of a terminal has no more */

/* In the order of the questions. */
enum answer {
	ANSWER_GETTER, /* a name of getter_table */
	ANSWER_SOURCE,
	ANSWER_NAME, /* the group's */
	ANSWER_CAPACITY,
	ANSWER_TTL,
	ANSWER_LISTEN, /* empty: no peers, and no more questions */
	ANSWER_SELF,
	ANSWER_OTHERS, /* URLs with blanks or commas between */
	ANSWERS
};

struct answers {
	char text[ANSWERS][ANSWER_MAX];
};

/* The first getter with its example. */
void answers_default(struct answers *a);

/* The questions: asked on `talk`, answered on standard input, each again until
 * its answer will do; they begin with what the answers are.  False if there was
 * no more input. */
bool ask_all(struct answers *a, FILE *talk);
bool ask_replace(const char *path, FILE *talk);

/* The file, for people: what was not asked for stands there as a comment.  For
 * free(3); NULL without memory. */
char *init_text(const struct answers *a, size_t *len);
/* Whether that would be accepted: 0, or a negative errno with what is wrong,
 * without the place. */
int init_check(const struct answers *a, struct reason *why);

/*
 * Writes the bytes to a file beside `path`, readable by everybody as far as
 * the umask lets them, and then gives it that name.  A link is followed.  0;
 * -EEXIST if something has the name and is not to be replaced; -EINVAL if that
 * is no regular file; or another negative errno: nothing has changed and
 * nothing is left behind, unless the process is killed in between.
 */
int newfile_write(const char *path, const char *bytes, size_t len,
                  bool replace);

#endif
