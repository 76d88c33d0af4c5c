/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration values that are text: strings, paths, command lines and
 * lists of them.
 */
#include "conf/conf.h"
#include "conf/type.h"
#include "lib/list.h"
#include "lib/secret.h"
#include "lib/units.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_MAX 255

static bool is_plain(const char *word)
{
	const char *c = word;

	while (isalnum((unsigned char)*c) || (*c && strchr("._-%", *c)))
		c++;
	return *word && !*c;
}

static void byte_print(unsigned char c, FILE *out)
{
	if (c == '"' || c == '\\' || c == '$')
		fprintf(out, "\\%c", c);
	else if (c == '\n')
		fputs("\\n", out);
	else if (c == '\t')
		fputs("\\t", out);
	else if (iscntrl(c))
		fprintf(out, "\\x%02x", c);
	else
		putc(c, out);
}

static void quoted_print(const char *text, FILE *out)
{
	putc('"', out);
	for (; *text; text++)
		byte_print((unsigned char)*text, out);
	putc('"', out);
}

void conftype_word_print(const char *word, FILE *out)
{
	if (is_plain(word))
		fputs(word, out);
	else
		quoted_print(word, out);
}

void conftype_string_print(const void *field, FILE *out)
{
	char *const *text = field;

	conftype_word_print(*text, out);
}

/* Without memory, nothing: better than the secret.  A proxy needs no scheme. */
static void url_print(const void *field, FILE *out)
{
	static const char scheme[] = "http://";
	char *const *text = field;
	bool bare = !strstr(*text, "://");
	char *whole = NULL, *shown = NULL;

	if (asprintf(&whole, "%s%s", bare ? scheme : "", *text) >= 0)
		shown = secret_hide(whole);
	quoted_print(shown ? shown + (bare ? strlen(scheme) : 0) : "", out);
	free(shown);
	free(whole);
}

static bool string_said(const void *field)
{
	char *const *text = field;

	return *text;
}

static int text_read(void *field, const struct confarg *arg, struct reason *why)
{
	char **text = field;

	if (!*arg->values[0])
		return reason_set(why, -EINVAL, "is empty");
	*text = strdup(arg->values[0]);
	return *text ? 0 : -ENOMEM;
}

/* "./x" and "x" are the same, behind a directory. */
static const char *dot_skip(const char *path)
{
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return path;
}

static int path_read(void *field, const struct confarg *arg, struct reason *why)
{
	const char *path = arg->values[0];
	char **text = field;

	if (!*path || *path == '/')
		return text_read(field, arg, why);
	if (asprintf(text, "%s/%s", arg->dir, dot_skip(path)) >= 0)
		return 0;
	*text = NULL;
	return -ENOMEM;
}

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

/* The daemon runs in '/', so a relative program gets its directory in front:
 * quoted, it becomes part of the first word. */
static int command_read(void *field, const struct confarg *arg,
                        struct reason *why)
{
	const char *start;
	char **text = field;
	size_t len;
	FILE *out;

	if (!program_is_relative(arg->values[0], &start))
		return text_read(field, arg, why);
	out = open_memstream(text, &len);
	if (!out)
		return -ENOMEM;
	if (arg->dir[strcspn(arg->dir, " \t\n\"'\\")])
		shell_quote(arg->dir, out);
	else
		fputs(arg->dir, out);
	fprintf(out, "/%s", dot_skip(start));
	if (fclose(out) == 0)
		return 0;
	free(*text);
	*text = NULL;
	return -ENOMEM;
}

int conftype_strings_copy(char ***out, size_t *count, const struct confarg *arg,
                          struct reason *why)
{
	if (arg->count == 0)
		return 0;
	*out = calloc(arg->count, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < arg->count; i++) {
		if (!*arg->values[i])
			return reason_set(why, -EINVAL, "has an empty string");
		(*out)[i] = strdup(arg->values[i]);
		if (!(*out)[i])
			return -ENOMEM;
		*count = i + 1;
	}
	return 0;
}

void conftype_strings_print(char *const *strings, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ", " : "{ ", out);
		quoted_print(strings[i], out);
	}
	fputs(" }", out);
}

static int headers_read(void *field, const struct confarg *arg,
                        struct reason *why)
{
	struct getter_spec *spec =
	        container_of(field, struct getter_spec, headers);

	return conftype_strings_copy(&spec->headers, &spec->header_count, arg,
	                             why);
}

static void headers_print(const void *field, FILE *out)
{
	const struct getter_spec *spec =
	        container_of(field, struct getter_spec, headers);

	for (size_t i = 0; i < spec->header_count; i++) {
		const char *line = spec->headers[i];
		size_t shown = secret_header_shown(line);
		char *text = strndup(line, shown);

		fputs(i ? ", \"" : "{ \"", out);
		for (const char *c = text; c && *c; c++)
			byte_print((unsigned char)*c, out);
		fputs(line[shown] ? "***\"" : "\"", out);
		free(text);
	}
	fputs(" }", out);
}

static bool headers_said(const void *field)
{
	return container_of(field, struct getter_spec, headers)->header_count;
}

static int exits_read(void *field, const struct confarg *arg,
                      struct reason *why)
{
	struct getter_spec *spec =
	        container_of(field, struct getter_spec, not_found_exit);

	if (arg->count == 0)
		return 0;
	spec->not_found_exit =
	        calloc(arg->count, sizeof(*spec->not_found_exit));
	if (!spec->not_found_exit)
		return -ENOMEM;
	for (size_t i = 0; i < arg->count; i++) {
		uint64_t code = 0;

		if (number_parse(arg->values[i], 10, EXIT_MAX, &code) != 0 ||
		    code == 0)
			return reason_set(why, -EINVAL,
			                  "'%.80s' is not an exit code from 1 "
			                  "to 255",
			                  arg->values[i]);
		spec->not_found_exit[i] = (int)code;
	}
	spec->not_found_exits = arg->count;
	return 0;
}

static void exits_print(const void *field, FILE *out)
{
	const struct getter_spec *spec =
	        container_of(field, struct getter_spec, not_found_exit);

	fputs("{", out);
	for (size_t i = 0; i < spec->not_found_exits; i++)
		fprintf(out, "%s %d", i ? "," : "", spec->not_found_exit[i]);
	fputs(spec->not_found_exits ? " }" : "}", out);
}

const struct conftype conftype_text = {
	.parse = text_read,
	.print = conftype_string_print,
	.said = string_said,
};
const struct conftype conftype_url = {
	.parse = text_read,
	.print = url_print,
	.said = string_said,
};
const struct conftype conftype_path = {
	.parse = path_read,
	.print = conftype_string_print,
	.said = string_said,
};
const struct conftype conftype_command = {
	.parse = command_read,
	.print = conftype_string_print,
	.said = string_said,
};
const struct conftype conftype_headers = {
	.list = true,
	.parse = headers_read,
	.print = headers_print,
	.said = headers_said,
};
const struct conftype conftype_exits = {
	.list = true,
	.parse = exits_read,
	.print = exits_print,
};
