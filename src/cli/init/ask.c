/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/init/ask.h"

#include "conf/type.h"
#include "getter/getter.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define GETTERS_MAX 16

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

/* An arrow key, most likely. */
static int line_check(const char *line, struct reason *why)
{
	for (; *line; line++)
		if (iscntrl((unsigned char)*line))
			return reason_set(why, -EINVAL,
			                  "there is a control character in it");
	return 0;
}

static int getter_check(const struct answers *a, struct reason *why)
{
	const char *known[GETTERS_MAX + 1] = { NULL };

	for (size_t i = 0; i < GETTERS_MAX && getter_table[i]; i++)
		known[i] = getter_table[i]->source.name;
	return getter_ops_find(a->getter)
	               ? 0
	               : conftype_word_refuse(a->getter, known, why);
}

/*
 * Asks for one of the answers, whose present text is the default.  All of them
 * together must make a file that would be accepted, so that a bad one is told
 * at once.
 */
static bool ask(struct answers *a, char *answer, const char *question,
                int (*check)(const struct answers *, struct reason *),
                FILE *talk)
{
	char line[ANSWER_MAX], before[ANSWER_MAX];

	memcpy(before, answer, sizeof(before));
	for (;;) {
		struct reason why = { "" };

		fprintf(talk, "%s [%s]: ", question, *before ? before : "none");
		fflush(talk);
		if (!line_read(line))
			return false;
		if (*line)
			memcpy(answer, line, sizeof(line));
		if (line_check(answer, &why) == 0 && check(a, &why) == 0)
			return true;
		fprintf(talk, "  %s\n", why.text);
		memcpy(answer, before, sizeof(before));
	}
}

static bool ask_source(struct answers *a, FILE *talk)
{
	const struct getter_ops *ops;

	fputs("Where do the values come from?\n", talk);
	for (size_t i = 0; getter_table[i]; i++)
		fprintf(talk, "    %-8s  for example %s\n",
		        getter_table[i]->source.name,
		        getter_table[i]->source.example);
	if (!ask(a, a->getter, "Getter", getter_check, talk))
		return false;
	ops = getter_ops_find(a->getter);
	snprintf(a->source, sizeof(a->source), "%s", ops->source.example);
	fputs("{key} in it stands for the name of the file that is read.\n",
	      talk);
	return ask(a, a->source, a->getter, init_check, talk);
}

static bool ask_peers(struct answers *a, FILE *talk)
{
	fputs("Nodes on several machines can share their caches.\n", talk);
	if (!ask(a, a->listen, "HOST:PORT where they reach this one",
	         init_check, talk))
		return false;
	if (!*a->listen)
		return true;
	snprintf(a->self, sizeof(a->self), "http://%.*s", ANSWER_MAX - 8,
	         a->listen);
	return ask(a, a->self, "Its URL, as they spell it", init_check, talk) &&
	       ask(a, a->others, "The URLs of the others", init_check, talk);
}

bool ask_all(struct answers *a, FILE *talk)
{
	fputs("Enter takes what is in brackets; Ctrl-C writes nothing.\n\n",
	      talk);
	if (!ask_source(a, talk) ||
	    !ask(a, a->name, "Name of the group, a directory", init_check,
	         talk) ||
	    !ask(a, a->capacity, "Memory for its values", init_check, talk) ||
	    !ask(a, a->ttl, "How long a value is fresh (0: for ever)",
	         init_check, talk) ||
	    !ask_peers(a, talk))
		return false;
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
