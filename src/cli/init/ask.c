/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/init/priv.h"

#include "conf/type.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* A line without its blanks around.  False at the end of the input. */
static bool line_read(char *line)
{
	size_t len;
	char *from;
	int c;

	if (!fgets(line, ANSWER_MAX, stdin))
		return false;
	len = strlen(line);
	/* Ctrl-D behind some text, or far too much of it. */
	if (len == 0 || line[len - 1] != '\n') {
		while ((c = getchar()) != EOF && c != '\n')
			continue;
		clearerr(stdin);
	}
	while (len && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	from = line + strspn(line, " \t");
	memmove(line, from, strlen(from) + 1);
	return true;
}

static int answer_check(const struct answers *a, enum answer which,
                        struct reason *why)
{
	const char *getter = a->text[ANSWER_GETTER];

	for (const char *c = a->text[which]; *c; c++)
		if (iscntrl((unsigned char)*c)) /* of an arrow key, likely */
			return reason_set(why, -EINVAL,
			                  "there is a control character in it");
	if (which == ANSWER_GETTER)
		return conftype_getter(getter, why) ? 0 : -EINVAL;
	return init_check(a, why);
}

/*
 * Asks for one of the answers, whose present text is the default.  All of them
 * together must make a file that would be accepted, so that a bad one is told
 * at once.
 */
static bool ask(struct answers *a, enum answer which, const char *question,
                FILE *talk)
{
	char line[ANSWER_MAX], before[ANSWER_MAX], *answer = a->text[which];

	memcpy(before, answer, sizeof(before));
	for (;;) {
		struct reason why = { "" };

		fprintf(talk, "%s [%s]: ", question, *before ? before : "none");
		fflush(talk);
		if (!line_read(line))
			return false;
		if (*line)
			memcpy(answer, line, sizeof(line));
		if (answer_check(a, which, &why) == 0)
			return true;
		fprintf(talk, "  %s\n", why.text);
		memcpy(answer, before, sizeof(before));
	}
}

/* What is to be known before the question, and a default that follows from the
 * answers so far. */
static void prepare(struct answers *a, enum answer which, FILE *talk)
{
	const struct getter_ops *ops = getter_ops_find(a->text[ANSWER_GETTER]);
	const struct getter_ops *const *g;

	switch (which) {
	case ANSWER_GETTER:
		fputs("Where do the values come from?\n", talk);
		for (g = getter_table; *g; g++)
			fprintf(talk, "    %-8s  for example %s\n",
			        (*g)->source.name, (*g)->source.example);
		break;
	case ANSWER_SOURCE:
		fputs("{key} in it stands for the name of the file that is "
		      "read.\n",
		      talk);
		snprintf(a->text[which], ANSWER_MAX, "%s", ops->source.example);
		break;
	case ANSWER_LISTEN:
		fputs("Nodes on several machines can share their caches.\n",
		      talk);
		break;
	case ANSWER_SELF:
		snprintf(a->text[which], ANSWER_MAX, "http://%.*s",
		         ANSWER_MAX - 8, a->text[ANSWER_LISTEN]);
		break;
	default:
		break;
	}
}

bool ask_all(struct answers *a, FILE *talk)
{
	const char *const questions[ANSWERS] = {
		[ANSWER_GETTER] = "Getter",
		[ANSWER_SOURCE] = a->text[ANSWER_GETTER],
		[ANSWER_NAME] = "Name of the group, a directory",
		[ANSWER_CAPACITY] = "Memory for its values",
		[ANSWER_TTL] = "How long a value is fresh (0: for ever)",
		[ANSWER_LISTEN] = "HOST:PORT where they reach this one",
		[ANSWER_SELF] = "Its URL, as they spell it",
		[ANSWER_OTHERS] = "The URLs of the others",
	};

	fputs("Enter takes what is in brackets; Ctrl-C writes nothing.\n\n",
	      talk);
	for (enum answer i = 0; i < ANSWERS; i++) {
		prepare(a, i, talk);
		if (!ask(a, i, questions[i], talk))
			return false;
		if (i == ANSWER_LISTEN && !*a->text[i])
			break;
	}
	putc('\n', talk);
	return true;
}

bool ask_replace(const char *path, FILE *talk)
{
	char line[ANSWER_MAX];

	fprintf(talk, "'%s' is there already.  Replace it? [no]: ", path);
	fflush(talk);
	return line_read(line) &&
	       (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
}
