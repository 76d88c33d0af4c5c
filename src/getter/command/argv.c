/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splitting writes the unquoted words, each with its NUL, one behind the
 * other into one block as long as the line: unquoting only ever shortens.
 * Filling walks every word twice with the same scanner, once to measure and
 * once to write, so that the copy is a single allocation.
 */
#include "getter/command/argv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What is left of the line, and where the unquoted bytes go. */
struct splitter {
	const char *in;
	char *out;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* '…': everything up to the next quote, as it stands. */
static const char *split_single(struct splitter *s)
{
	while (*s->in && *s->in != '\'')
		*s->out++ = *s->in++;
	if (!*s->in)
		return "a ' that is never closed";
	s->in++;
	return NULL;
}

/* "…": a backslash only escapes $ ` " \ and a line's end. */
static const char *split_double(struct splitter *s)
{
	while (*s->in && *s->in != '"') {
		if (*s->in == '\\' && s->in[1] == '\n') {
			s->in += 2;
			continue;
		}
		if (*s->in == '\\' && s->in[1] && strchr("$`\"\\", s->in[1]))
			s->in++;
		*s->out++ = *s->in++;
	}
	if (!*s->in)
		return "a \" that is never closed";
	s->in++;
	return NULL;
}

/* One word, which may be pieced together of quoted and bare parts.  Returns
 * what is wrong with it, or NULL. */
static const char *split_word(struct splitter *s)
{
	const char *wrong = NULL;

	while (!wrong && *s->in && !is_blank(*s->in)) {
		char c = *s->in++;

		if (c == '\'')
			wrong = split_single(s);
		else if (c == '"')
			wrong = split_double(s);
		else if (c == '\\' && !*s->in)
			wrong = "a backslash at the end";
		else if (c == '\\' && *s->in == '\n')
			s->in++;
		else
			*s->out++ = c == '\\' ? *s->in++ : c;
	}
	*s->out++ = '\0';
	return wrong;
}

/* Blanks, and line ends that a backslash removes. */
static void skip_blanks(struct splitter *s)
{
	for (;;) {
		if (is_blank(*s->in))
			s->in++;
		else if (s->in[0] == '\\' && s->in[1] == '\n')
			s->in += 2;
		else
			return;
	}
}

int argv_split(struct argv *a, const char *line, struct reason *why)
{
	/* A word takes at least two bytes of the line, but for the last. */
	size_t most = strlen(line) / 2 + 2;
	char **words = malloc(most * sizeof(*words) + strlen(line) + 1);
	struct splitter s = { line, words ? (char *)(words + most) : NULL };
	const char *wrong = NULL;
	size_t count = 0;

	*a = (struct argv){ 0 };
	if (!words)
		return reason_oom(why, -ENOMEM);
	for (skip_blanks(&s); *s.in && !wrong; skip_blanks(&s)) {
		words[count++] = s.out;
		wrong = split_word(&s);
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

/* What the next bytes of a word stand for: `skip` bytes of the word become
 * `len` bytes at `text`. */
struct piece {
	const char *text;
	size_t len, skip;
	bool is_key;
};

static bool starts_with(const char *at, const char *text)
{
	return strncmp(at, text, strlen(text)) == 0;
}

static struct piece piece_at(const char *at, const char *group, struct key key)
{
	if (starts_with(at, "{key}"))
		return (struct piece){ key.data, key.len, 5, true };
	if (starts_with(at, "{group}"))
		return (struct piece){ group, strlen(group), 7, false };
	if (starts_with(at, "{{key}}"))
		return (struct piece){ at + 1, 5, 7, false };
	if (starts_with(at, "{{group}}"))
		return (struct piece){ at + 1, 7, 9, false };
	return (struct piece){ at, 1, 1, false };
}

/* Writes the filled word and its NUL, unless `out` is NULL; returns its
 * length with the NUL, or 0 when a key with a NUL byte would be in it. */
static size_t fill_word(char *out, const char *word, const char *group,
                        struct key key)
{
	size_t n = 0;

	while (*word) {
		struct piece p = piece_at(word, group, key);

		if (p.is_key && p.len && memchr(p.text, '\0', p.len))
			return 0;
		if (out && p.len)
			memcpy(out + n, p.text, p.len);
		n += p.len;
		word += p.skip;
	}
	if (out)
		out[n] = '\0';
	return n + 1;
}

char **argv_fill(const struct argv *a, const char *group, struct key key)
{
	size_t total = (a->count + 1) * sizeof(char *);
	char **words, *at;

	for (size_t i = 0; i < a->count; i++) {
		size_t n = fill_word(NULL, a->words[i], group, key);

		if (n == 0) {
			errno = EINVAL;
			return NULL;
		}
		total += n;
	}
	words = malloc(total);
	if (!words)
		return NULL;
	at = (char *)(words + a->count + 1);
	for (size_t i = 0; i < a->count; i++) {
		words[i] = at;
		at += fill_word(at, a->words[i], group, key);
	}
	words[a->count] = NULL;
	return words;
}
