/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What the last token was; WORD and STRING as such, others by their
 * character. */
enum { NOTHING = 0, WORD = 'w', STRING = 's' };

/* Deep enough for any name; longer ones are cut and then unknown. */
#define NAME_MAX_BYTES 256

struct scan {
	struct conftext *out;
	const char *p, *end;
	const char *word; /* the last WORD, in the input */
	size_t word_len;
	int line;
	int opened; /* line of the innermost '{' */
	int depth;  /* 0: outside, 1: in a block, 2: in a list */
	int last;   /* the token before */
	bool call;  /* between include's parentheses */
	struct reason *why;
};

static char peek(const struct scan *s, size_t ahead)
{
	return (size_t)(s->end - s->p) > ahead ? s->p[ahead] : '\0';
}

static int put(struct scan *s, const char *bytes, size_t n)
{
	return buf_append(&s->out->text, bytes, n);
}

/* Copies the next `n` bytes as they are. */
static int take(struct scan *s, size_t n)
{
	int err = put(s, s->p, n);

	s->p += n;
	return err;
}

static int comment_to_eol(struct scan *s)
{
	const char *eol = memchr(s->p, '\n', (size_t)(s->end - s->p));

	s->p = eol ? eol : s->end;
	return 0;
}

static int comment_block(struct scan *s)
{
	int began = s->line;

	for (s->p += 2; s->p < s->end; s->p++) {
		if (peek(s, 0) == '*' && peek(s, 1) == '/') {
			s->p += 2;
			return put(s, " ", 1);
		}
		if (*s->p != '\n')
			continue;
		s->line++;
		if (put(s, "\n", 1) != 0)
			return -ENOMEM;
	}
	s->line = began;
	return reason_set(s->why, -EINVAL, "'/*' without '*/'");
}

/*
 * `${NAME}` or `${NAME:-else}` in double quotes.  libconfuse replaces it; here
 * it is only made sure that there is something to replace it with.
 */
static int variable_check(struct scan *s)
{
	char name[NAME_MAX_BYTES];
	size_t n = 0, len = 2;

	while (len < (size_t)(s->end - s->p) && !strchr("}\"\n", s->p[len]))
		len++;
	if (peek(s, len) != '}')
		return reason_set(s->why, -EINVAL,
		                  "'${' without '}' (a plain '$' is '\\$')");
	while (n < sizeof(name) - 1 &&
	       (isalnum((unsigned char)s->p[2 + n]) || s->p[2 + n] == '_')) {
		name[n] = s->p[2 + n];
		n++;
	}
	name[n] = '\0';
	if (n == 0 || (2 + n < len && strncmp(s->p + 2 + n, ":-", 2) != 0))
		return reason_set(s->why, -EINVAL,
		                  "'%.*s' is not ${NAME} or ${NAME:-default} "
		                  "(a plain '$' is '\\$')",
		                  len < 64 ? (int)len + 1 : 64, s->p);
	if (2 + n == len && !getenv(name))
		return reason_set(s->why, -EINVAL,
		                  "the environment has no '%s' "
		                  "(a default is given as ${%s:-default})",
		                  name, name);
	return take(s, len + 1);
}

/* An escape in double quotes must not make a NUL: it would end the value. */
static bool escape_is_nul(const struct scan *s)
{
	size_t digits = 0;

	if (peek(s, 1) == 'x')
		return peek(s, 2) == '0' &&
		       (!isxdigit((unsigned char)peek(s, 3)) ||
		        peek(s, 3) == '0');
	while (digits < 3 && peek(s, 1 + digits) == '0')
		digits++;
	return digits && !isdigit((unsigned char)peek(s, 1 + digits));
}

static int escape_take(struct scan *s, char quote)
{
	unsigned char next = (unsigned char)peek(s, 1);

	if (next == '\n')
		s->line++;
	else if (iscntrl(next))
		return take(s, 1);
	else if (quote == '"' && escape_is_nul(s))
		return reason_set(s->why, -EINVAL,
		                  "a value cannot hold a NUL byte");
	return take(s, 2);
}

static int string_take(struct scan *s)
{
	int began = s->line, err = 0;
	char quote = *s->p;

	err = take(s, 1);
	while (!err && s->p < s->end && *s->p != quote && *s->p != '\n') {
		if (*s->p == '\\')
			err = escape_take(s, quote);
		else if (quote == '"' && *s->p == '$' && peek(s, 1) == '{')
			err = variable_check(s);
		else if (iscntrl((unsigned char)*s->p) && *s->p != '\t')
			err = reason_set(s->why, -EINVAL,
			                 "a control character, 0x%02x, "
			                 "inside quotes",
			                 (unsigned char)*s->p);
		else
			err = take(s, 1);
	}
	if (err)
		return err;
	if (s->p == s->end || *s->p != quote) {
		s->line = began;
		return reason_set(s->why, -EINVAL,
		                  "%c is not closed on its line", quote);
	}
	s->last = STRING;
	return take(s, 1);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
	       (c && strchr("._-%/:@~", c));
}

static int word_take(struct scan *s)
{
	size_t n = 0;

	while (n < (size_t)(s->end - s->p) && is_word(s->p[n]))
		n++;
	s->word = s->p;
	s->word_len = n;
	s->last = WORD;
	return take(s, n);
}

static int unexpected(struct scan *s)
{
	unsigned char c = (unsigned char)*s->p;

	if (isprint(c))
		return reason_set(s->why, -EINVAL,
		                  "unexpected '%c' (a value with it is quoted)",
		                  c);
	return reason_set(s->why, -EINVAL, "unexpected byte 0x%02x", c);
}

static int brace_open(struct scan *s)
{
	if (s->depth == 0 &&
	    buf_append(&s->out->lines, &s->line, sizeof(s->line)) != 0)
		return -ENOMEM;
	if (s->depth == 1 && s->last != '=')
		return reason_set(s->why, -EINVAL,
		                  "unexpected '{' (the block of line %d is not "
		                  "closed)",
		                  s->opened);
	if (s->depth == 2)
		return unexpected(s);
	if (s->depth++ == 0)
		s->opened = s->line;
	return 0;
}

static int brace_close(struct scan *s)
{
	if (s->depth == 0)
		return reason_set(s->why, -EINVAL, "'}' without '{'");
	if (s->depth-- == 2 && s->last == '{')
		return put(s, "''", 2);
	return 0;
}

static bool call_begins(const struct scan *s)
{
	return s->depth == 0 && s->last == WORD && s->word_len == 7 &&
	       memcmp(s->word, "include", 7) == 0;
}

static int mark_take(struct scan *s)
{
	char c = *s->p;
	int err = 0;

	if (c == '{')
		err = brace_open(s);
	else if (c == '}')
		err = brace_close(s);
	else if ((c == '=' && s->last != WORD) || (c == '(' && !call_begins(s)))
		err = unexpected(s);
	if (c == '(')
		s->call = true;
	s->last = (unsigned char)c;
	return err ? err : take(s, 1);
}

/* Inside `include(` only a name and then `)` may follow: libconfuse loses
 * memory over anything else. */
static int call_step(struct scan *s)
{
	bool named = s->last != '(';

	if (named && *s->p == ')') {
		s->call = false;
		s->last = NOTHING;
		return take(s, 1);
	}
	if (!named && (*s->p == '"' || *s->p == '\''))
		return string_take(s);
	if (!named && is_word(*s->p))
		return word_take(s);
	return reason_set(s->why, -EINVAL,
	                  "include takes one name: include(\"FILE\")");
}

static int token_take(struct scan *s)
{
	char c = *s->p;

	if (c == '\n')
		s->line++;
	if (c == ' ' || c == '\t' || c == '\n')
		return take(s, 1);
	if (c == '#' || (c == '/' && peek(s, 1) == '/'))
		return comment_to_eol(s);
	if (c == '/' && peek(s, 1) == '*')
		return comment_block(s);
	if (s->call)
		return call_step(s);
	if (c == '"' || c == '\'')
		return string_take(s);
	if (is_word(c))
		return word_take(s);
	if (c && strchr("{}=,(", c))
		return mark_take(s);
	return unexpected(s);
}

static int text_scan(struct scan *s)
{
	int err = 0;

	while (!err && s->p < s->end)
		err = token_take(s);
	if (!err && s->call)
		err = reason_set(s->why, -EINVAL, "'(' is never closed");
	if (!err && s->depth > 0) {
		s->line = s->opened;
		err = reason_set(s->why, -EINVAL, "'{' is never closed");
	}
	return err;
}

/* A copy without the byte order mark and the CR of CRLF. */
static int text_unify(struct buf *out, const char *raw, size_t len)
{
	int err = 0;

	if (len >= 3 && memcmp(raw, "\xef\xbb\xbf", 3) == 0) {
		raw += 3;
		len -= 3;
	}
	for (size_t i = 0; i < len && !err; i++)
		if (raw[i] != '\r' || i + 1 == len || raw[i + 1] != '\n')
			err = buf_append(out, raw + i, 1);
	return err;
}

int conftext_init(struct conftext *t, const char *raw, size_t len, int *line,
                  struct reason *why)
{
	struct scan s = { .out = t, .line = 1, .why = why };
	struct buf plain;
	int err;

	buf_init(&plain, CONFTEXT_MAX);
	/* Only `{}` grows, by its own length. */
	buf_init(&t->text, 2 * CONFTEXT_MAX);
	buf_init(&t->lines, CONFTEXT_MAX * sizeof(int));
	err = text_unify(&plain, raw, len);
	if (!err) {
		s.p = plain.data;
		s.end = plain.len ? plain.data + plain.len : plain.data;
		err = text_scan(&s);
	}
	*line = s.line;
	buf_release(&plain);
	if (err)
		conftext_release(t);
	return err;
}

void conftext_release(struct conftext *t)
{
	buf_release(&t->text);
	buf_release(&t->lines);
}

int conftext_block_line(const struct conftext *t, size_t block)
{
	int line = 0;

	if ((block + 1) * sizeof(line) <= t->lines.len)
		memcpy(&line, t->lines.data + block * sizeof(line),
		       sizeof(line));
	return line;
}
