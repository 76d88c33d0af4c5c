/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/scan.h"

#include "lib/units.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE_MAX 256 /* bytes of a name in the environment */

void scan_init(struct scan *s, const struct conffile *file, char *bytes,
               size_t len, struct reason *why)
{
	const char *from = bytes, *end = bytes + len;
	char *to = bytes;

	bytes[len] = '\0';
	if (strncmp(from, "\xef\xbb\xbf", 3) == 0)
		from += 3;
	for (; from < end; from++)
		if (from[0] != '\r' || from[1] != '\n')
			*to++ = *from;
	*to = '\0';
	*s = (struct scan){ { file, 1 }, .p = bytes, .end = to, .why = why };
	buf_init(&s->text, SCAN_TEXT_MAX);
}

void scan_release(struct scan *s)
{
	buf_release(&s->text);
}

int scan_fault(const struct scan *s, int err)
{
	if (!err)
		return 0;
	return confplace_fail(s->at, err, s->why, "%s", strerror(-err));
}

/* ---- between the texts ---- */

/* Passes a comment; one that never ends is left for scan_unexpected(). */
static bool comment_skip(struct scan *s)
{
	size_t left = (size_t)(s->end - s->p);
	const char *to = NULL;

	if (strncmp(s->p, "/*", 2) == 0) {
		to = memmem(s->p + 2, left - 2, "*/", 2);
		to = to ? to + 2 : NULL;
	} else if (*s->p == '#' || strncmp(s->p, "//", 2) == 0) {
		to = memchr(s->p, '\n', left);
		to = to ? to : s->end;
	}
	if (!to)
		return false;
	for (; s->p < to; s->p++)
		s->at.line += *s->p == '\n';
	return true;
}

char scan_next(struct scan *s)
{
	do
		for (; *s->p == ' ' || *s->p == '\t' || *s->p == '\n'; s->p++)
			s->at.line += *s->p == '\n';
	while (comment_skip(s));
	return *s->p;
}

int scan_unexpected(struct scan *s)
{
	unsigned char c = (unsigned char)*s->p;

	if (s->p == s->end && s->opened) {
		s->at.line = s->opened;
		return scan_fail(s, "'{' is never closed");
	}
	if (c == '}' && !s->opened)
		return scan_fail(s, "'}' without '{'");
	if (strncmp(s->p, "/*", 2) == 0)
		return scan_fail(s, "'/*' without '*/'");
	if (isprint(c))
		return scan_fail(
		        s, "unexpected '%c' (a value with it is quoted)", c);
	return scan_fail(s, "unexpected byte 0x%02x", c);
}

int scan_mark(struct scan *s, char mark, const char *name)
{
	char c = scan_next(s);

	if (c == mark) {
		s->p++;
		return 0;
	}
	/* What can stand nowhere, and the end of a block, are worse. */
	if (!scan_is_text(s) &&
	    (c ? !strchr("{}=,()", c) : s->opened || s->p < s->end))
		return scan_unexpected(s);
	return scan_fail(s, "%s: missing '%c'", name, mark);
}

/* ---- texts ---- */

/* ${NAME} or ${NAME:-default}.  An empty variable is set. */
static int variable_read(struct scan *s)
{
	size_t len = strcspn(s->p, "}\"\n"), n = 2;
	char name[VARIABLE_MAX];
	const char *value;

	while (isalnum((unsigned char)s->p[n]) || s->p[n] == '_')
		n++;
	if (s->p[len] != '}' || n == 2 || n - 2 >= sizeof(name) ||
	    (n < len && strncmp(s->p + n, ":-", 2) != 0))
		return scan_fail(s,
		                 "'%.*s' is not ${NAME} or ${NAME:-default} "
		                 "(a plain '$' is '\\$')",
		                 len < 64 ? (int)len + (s->p[len] == '}') : 64,
		                 s->p);
	snprintf(name, sizeof(name), "%.*s", (int)n - 2, s->p + 2);
	value = getenv(name);
	if (!value && n == len)
		return scan_fail(s,
		                 "the environment has no '%s' "
		                 "(a default is given as ${%s:-default})",
		                 name, name);
	if (value)
		buf_puts(&s->text, value);
	else
		buf_append(&s->text, s->p + n + 2, len - n - 2);
	s->p += len + 1;
	return 0;
}

/* The digits of \N, \NN, \NNN, which are octal, and of \xN, \xNN. */
static int byte_read(struct scan *s, const char *digits, bool hex)
{
	size_t n =
	        strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
	char copy[4], byte;
	uint64_t value = 0;

	if (hex && n > 2)
		n = 2;
	snprintf(copy, sizeof(copy), "%.*s", (int)n, digits);
	if (n > 3 ||
	    (n && number_parse(copy, hex ? 16 : 8, UINT8_MAX, &value) < 0))
		return scan_fail(s, "invalid octal number '\\%.*s'",
		                 n < 64 ? (int)n : 64, digits);
	if (value == 0)
		return scan_fail(s, "a value cannot hold a NUL byte");
	byte = (char)value;
	buf_append(&s->text, &byte, 1);
	s->p = digits + n;
	return 0;
}

/* A backslash and what it changes.  It leaves control characters for
 * string_read() to refuse. */
static int escape_read(struct scan *s, char quote)
{
	static const char names[] = "nrbfaetv", bytes[] = "\n\r\b\f\a\033\t\v";
	const char *c = s->p + 1, *name;

	if (*c == '\n') { /* the string goes on in the next line */
		s->at.line++;
		s->p += 2;
	} else if (quote == '\'') {
		s->p += *c == '\\' || *c == '\'' ? 2 : 1;
		buf_append(&s->text, s->p - 1, 1);
	} else if (isdigit((unsigned char)*c)) {
		return byte_read(s, c, false);
	} else if (*c == 'x' && isxdigit((unsigned char)c[1])) {
		return byte_read(s, c + 1, true);
	} else if (iscntrl((unsigned char)*c)) {
		s->p++;
	} else {
		s->p += 2;
		name = strchr(names, *c);
		buf_append(&s->text, name ? bytes + (name - names) : c, 1);
	}
	return 0;
}

static int string_read(struct scan *s)
{
	char quote = *s->p++;
	int began = s->at.line, err = 0;

	while (!err && *s->p != quote) {
		unsigned char c = (unsigned char)*s->p;

		if (s->p == s->end || c == '\n') {
			s->at.line = began;
			return scan_fail(s, "%c is not closed on its line",
			                 quote);
		}
		if (c == '\\')
			err = escape_read(s, quote);
		else if (quote == '"' && strncmp(s->p, "${", 2) == 0)
			err = variable_read(s);
		else if (iscntrl(c) && c != '\t')
			return scan_fail(
			        s, "a control character, 0x%02x, inside quotes",
			        c);
		else
			buf_append(&s->text, s->p++, 1);
	}
	if (!err)
		s->p++;
	return err;
}

bool scan_is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
	       (c && strchr("._-%/:@~", c));
}

bool scan_is_text(const struct scan *s)
{
	return scan_is_quote(*s->p) ||
	       (is_word(*s->p) && strncmp(s->p, "/*", 2) != 0);
}

int scan_text(struct scan *s)
{
	const char *word;
	int err = 0;

	buf_clear(&s->text);
	if (scan_is_quote(scan_next(s))) {
		err = string_read(s);
	} else if (scan_is_text(s)) {
		for (word = s->p; is_word(*s->p); s->p++)
			;
		buf_append(&s->text, word, (size_t)(s->p - word));
	} else {
		err = scan_unexpected(s);
	}
	return err ? err : scan_fault(s, buf_end(&s->text));
}
