/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/command/options.h"

#include "lib/option/type.h"
#include "lib/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_MAX 255

/* ---- the command line ---- */

/*
 * Does the command's program have a path, and not an absolute one?  Looks at
 * the first word as the shell's quoting has it; `*start` is where it begins.
 */
static bool program_is_relative(const char *line, const char **start)
{
	char quote = '\0', head = '\0';
	bool slash = false;
	const char *c = line + strspn(line, " \t\n");

	for (*start = c; *c; c++) {
		if (!quote && strchr(" \t\n", *c))
			break;
		if (quote ? *c == quote : (*c == '"' || *c == '\'')) {
			quote = quote ? '\0' : *c;
			continue;
		}
		if (*c == '\\' && quote != '\'' && c[1])
			c++;
		head = head ? head : *c;
		slash |= *c == '/';
	}
	return slash && head != '/';
}

/* In single quotes for argv.h, a single quote itself as '\''. */
static void shell_quote(const char *text, FILE *out)
{
	putc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			putc(*text, out);
	}
	putc('\'', out);
}

/* A relative program gets its directory in front: quoted, it becomes part of
 * the first word. */
static int line_parse(const struct option_type *type, void *field,
                      const struct option_words *words, struct reason *why)
{
	const char *line = words->values[0], *dir = words->dir, *start;
	char **text = field;
	size_t len;
	FILE *out;

	if (!program_is_relative(line, &start))
		return option_text_parse(type, field, words, why);
	while (strncmp(start, "./", 2) == 0)
		start += 2;
	out = open_memstream(text, &len);
	if (!out)
		return -ENOMEM;
	if (dir[strcspn(dir, " \t\n\"'\\")])
		shell_quote(dir, out);
	else
		fputs(dir, out);
	fprintf(out, "/%s", start);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

const struct option_type command_line =
        OPTION_TEXT(line_parse, option_text_print);

/* ---- exit codes ---- */

static int exits_parse(const struct option_type *type, void *field,
                       const struct option_words *words, struct reason *why)
{
	struct exit_codes *exits = field;

	(void)type;
	if (words->count == 0)
		return 0;
	exits->codes = calloc(words->count, sizeof(*exits->codes));
	if (!exits->codes)
		return -ENOMEM;
	for (; exits->count < words->count; exits->count++) {
		const char *word = words->values[exits->count];
		uint64_t code = 0;

		if (number_parse(word, 10, EXIT_MAX, &code) != 0 || code == 0)
			return option_refuse(
			        word, "is not an exit code from 1 to 255", why);
		exits->codes[exits->count] = (int)code;
	}
	return 0;
}

static void exits_print(const void *field, FILE *out)
{
	const struct exit_codes *exits = field;

	fputs("{", out);
	for (size_t i = 0; i < exits->count; i++)
		fprintf(out, "%s %d", i ? "," : "", exits->codes[i]);
	fputs(exits->count ? " }" : "}", out);
}

static void exits_release(void *field)
{
	struct exit_codes *exits = field;

	free(exits->codes);
}

static bool exits_equal(const void *a, const void *b)
{
	const struct exit_codes *x = a, *y = b;

	return x->count == y->count &&
	       (!x->count ||
	        memcmp(x->codes, y->codes, x->count * sizeof(int)) == 0);
}

static const struct option_type exits_type =
        OPTION_TYPE(struct exit_codes, exits_parse, exits_print, .list = true,
                    .release = exits_release, .equal = exits_equal);

const struct option_def command_options[] = {
	OPTION("not_found_exit", &exits_type, struct command_options,
	       not_found_exit, .fallback = "1",
	       .about = "exit status of \"no such key\""),
	OPTION("user", &option_text, struct command_options, user,
	       .example = "nobody", .about = "whom the command runs as"),
	{ 0 },
};
