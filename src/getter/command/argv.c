/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splitting writes the unquoted words, each with its NUL, one behind the
 * other into one block as long as the line: unquoting only ever shortens.
 * Filling appends the words to the vector that points to them, which does so
 * once they no longer move.
 */
#include "getter/command/argv.h"

#include "lib/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Between "" a backslash only escapes these, between '' none at all. */
static bool is_escape(const char *at, char quote)
{
	return *at == '\\' && quote != '\'' &&
	       (!quote || (at[1] && strchr("$`\"\\\n", at[1])));
}

/* One word, which may be pieced together of quoted and bare parts, from *in to
 * *out.  Returns what is wrong with it, or NULL. */
static const char *split_word(const char **in, char **out)
{
	const char *from = *in;
	char *to = *out, quote = '\0';

	for (; *from && (quote || !is_blank(*from)); from++) {
		if (*from == quote)
			quote = '\0';
		else if (!quote && (*from == '\'' || *from == '"'))
			quote = *from;
		else if (is_escape(from, quote) && from[1] == '\n')
			from++;
		else if (is_escape(from, quote) && !from[1])
			return "a backslash at the end";
		else
			*to++ = is_escape(from, quote) ? *++from : *from;
	}
	*to++ = '\0';
	*in = from;
	*out = to;
	if (!quote)
		return NULL;
	return quote == '"' ? "a \" that is never closed"
	                    : "a ' that is never closed";
}

/* Behind blanks, and line ends that a backslash removes. */
static const char *skip_blanks(const char *in)
{
	for (;;) {
		if (is_blank(*in))
			in++;
		else if (in[0] == '\\' && in[1] == '\n')
			in += 2;
		else
			return in;
	}
}

int argv_split(struct argv *a, const char *line, struct reason *why)
{
	/* A word takes at least two bytes of the line, but for the last. */
	size_t most = strlen(line) / 2 + 2;
	char **words = malloc(most * sizeof(*words) + strlen(line) + 1);
	char *out = words ? (char *)(words + most) : NULL;
	const char *in = skip_blanks(line), *wrong = NULL;
	size_t count = 0;

	*a = (struct argv){ 0 };
	if (!words)
		return reason_oom(why, -ENOMEM);
	for (; *in && !wrong; in = skip_blanks(in)) {
		words[count++] = out;
		wrong = split_word(&in, &out);
	}
	if (!wrong && (count == 0 || !*words[0]))
		wrong = "no program to run";
	if (wrong) {
		free(words);
		return reason_set(why, -EINVAL, "bad command '%s': %s", line,
		                  wrong);
	}
	words[count] = NULL;
	*a = (struct argv){ words, count };
	return 0;
}

void argv_release(struct argv *a)
{
	free(a->words);
	*a = (struct argv){ 0 };
}

/* Appends the filled word and its NUL.  False when a key with a NUL byte would
 * be in it. */
static bool fill_word(struct buf *out, const char *word, const char *group,
                      struct key key)
{
	const struct {
		const char *mark, *text;
		size_t len;
	} marks[] = {
		{ "{key}", key.data, key.len },
		{ "{group}", group, strlen(group) },
		{ "{{key}}", "{key}", 5 },
		{ "{{group}}", "{group}", 7 },
	};

	while (*word) {
		const char *text = word;
		/* To the next brace: this one may be none of them. */
		size_t skip = 1 + strcspn(word + 1, "{"), len = skip;

		for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
			if (strncmp(word, marks[i].mark,
			            strlen(marks[i].mark)) == 0) {
				skip = strlen(marks[i].mark);
				text = marks[i].text;
				len = marks[i].len;
			}
		if (len && memchr(text, '\0', len))
			return false;
		buf_append(out, text, len);
		word += skip;
	}
	buf_append(out, "", 1);
	return true;
}

char **argv_fill(const struct argv *a, const char *group, struct key key)
{
	size_t len = (a->count + 1) * sizeof(char *);
	struct buf block;
	char **words, *at;

	buf_init(&block, SIZE_MAX);
	if (buf_reserve(&block, len) == 0)
		block.len = len;
	for (size_t i = 0; i < a->count; i++)
		if (!fill_word(&block, a->words[i], group, key)) {
			buf_release(&block);
			errno = EINVAL;
			return NULL;
		}
	if (block.err) {
		buf_release(&block);
		errno = ENOMEM;
		return NULL;
	}
	words = (char **)buf_steal(&block, &len);
	at = (char *)(words + a->count + 1);
	for (size_t i = 0; i < a->count; i++, at += strlen(at) + 1)
		words[i] = at;
	words[a->count] = NULL;
	return words;
}
