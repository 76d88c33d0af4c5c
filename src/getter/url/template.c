/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template is parsed once into a list of parts, literal text or a variable,
 * and expanding it strings them together.
 *
 * Whether a key led out of the template's place is asked of the finished
 * URL, not of the key: a dot of the key may meet a dot of the text (`.{key}`),
 * and only the whole path shows the segment a server will see.  Since the
 * template's own text may not have dot segments, any that is there came in
 * with the key.
 */
#include "getter/url/template.h"

#include "lib/percent.h"
#include "lib/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum part_kind { PART_TEXT, PART_KEY, PART_GROUP };

struct part {
	enum part_kind kind;
	bool keep_reserved; /* {+name} */
	const char *text;   /* PART_TEXT: borrowed from the template's text */
	size_t len;
};

struct template
{
	char *text;      /* owned */
	char *shown;     /* the same for messages: without passwords; owned */
	char scheme[16]; /* lower case */
	size_t path;     /* where in the text the authority has ended */
	bool decodes;    /* the scheme's library decodes the path */
	bool has_key;
	size_t count;
	struct part parts[];
};

static const struct {
	const char *text;
	enum part_kind kind;
	bool keep_reserved;
} expressions[] = {
	{ "{key}", PART_KEY, false },
	{ "{+key}", PART_KEY, true },
	{ "{group}", PART_GROUP, false },
	{ "{+group}", PART_GROUP, true },
};

/* A byte in the text that no URL has, RFC 6570 section 2.1. */
static bool is_bad_text(const char *at)
{
	unsigned char c = (unsigned char)*at;

	if (c == '%')
		return percent_read(at, PERCENT_LEN) < 0;
	return c <= ' ' || c == 0x7f || strchr("\"<>\\^`|}", c);
}

/* Reads the expression at `at` into *part; its length, or 0 if unknown. */
static size_t parse_expression(struct part *part, const char *at)
{
	for (size_t i = 0; i < sizeof(expressions) / sizeof(*expressions);
	     i++) {
		size_t len = strlen(expressions[i].text);

		if (strncmp(at, expressions[i].text, len) == 0) {
			part->kind = expressions[i].kind;
			part->keep_reserved = expressions[i].keep_reserved;
			return len;
		}
	}
	return 0;
}

static int parse_parts(struct template *t, struct reason *why)
{
	const char *at = t->text;

	while (*at) {
		struct part *part = &t->parts[t->count++];
		size_t n = 0;

		*part = (struct part){ .kind = PART_TEXT, .text = at };
		if (*at == '{') {
			n = parse_expression(part, at);
			if (n == 0)
				return reason_set(
				        why, -EINVAL,
				        "unknown expression '%.*s' in "
				        "template '%s'",
				        (int)strcspn(at, "}") + 1, at,
				        t->shown);
			if ((size_t)(at - t->text) < t->path)
				return reason_set(why, -EINVAL,
				                  "the scheme or host of "
				                  "template '%s' depends on "
				                  "the key",
				                  t->shown);
			t->has_key |= part->kind == PART_KEY;
		} else {
			for (; at[n] && at[n] != '{'; n++)
				if (is_bad_text(at + n))
					return reason_set(
					        why, -EINVAL,
					        "bad character '%c' in "
					        "template '%s'",
					        at[n], t->shown);
			part->len = n;
		}
		at += n;
	}
	return 0;
}

/* The scheme, and where the path begins: behind "://" and the host. */
static int parse_start(struct template *t, struct reason *why)
{
	const char *sep = strstr(t->text, "://");
	size_t len = sep ? (size_t)(sep - t->text) : 0;

	if (len == 0 || len >= sizeof(t->scheme))
		return reason_set(why, -EINVAL,
		                  "no scheme such as https:// in template "
		                  "'%s'",
		                  t->shown);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)t->text[i];

		if (!isalnum(c) && !strchr("+.-", c))
			return reason_set(why, -EINVAL,
			                  "bad scheme in template '%s'",
			                  t->shown);
		t->scheme[i] = (char)tolower(c);
	}
	t->path = len + 3;
	t->path += strcspn(t->text + t->path, "/?#");
	t->decodes = strcmp(t->scheme, "file") == 0 ||
	             strcmp(t->scheme, "ftp") == 0 ||
	             strcmp(t->scheme, "sftp") == 0;
	return 0;
}

/*
 * Dot segments.  A path is cut at slashes; what is behind a ';' in a segment
 * is a parameter that some servers drop first, so the segment is what stands
 * before it.  An encoded dot is a dot.  Where the library decodes the path,
 * an encoded slash is a slash, and '?' and '#' do not end the path but may
 * be taken to end a segment; a backslash separates on some servers.
 */
static char path_next(const char **at, bool decodes, bool *raw)
{
	const char *p = *at;
	int c = percent_read(p, PERCENT_LEN);

	*raw = c < 0 || !(decodes || c == '.');
	*at += *raw ? 1 : PERCENT_LEN;
	return *raw ? *p : (char)c;
}

static bool ends_segment(char c, bool raw, bool decodes)
{
	if (c == '/' || (raw && strchr(";?#", c)))
		return true;
	return decodes && c == '\\';
}

static bool has_dot_segment(const char *path, bool decodes)
{
	size_t dots = 0, len = 0;
	bool counts = true; /* false behind a ';' until the next slash */

	while (*path) {
		bool raw;
		char c;

		if (!decodes && (*path == '?' || *path == '#'))
			break;
		c = path_next(&path, decodes, &raw);
		if (!ends_segment(c, raw, decodes)) {
			dots += c == '.';
			len++;
			continue;
		}
		if (counts && len && len <= 2 && dots == len)
			return true;
		counts = c != ';';
		dots = len = 0;
	}
	return counts && len && len <= 2 && dots == len;
}

static int check_text(const struct template *t, struct reason *why)
{
	const char *authority = t->text + strlen(t->scheme) + 3;
	size_t len = (size_t)(t->text + t->path - authority);

	if (!t->has_key)
		return reason_set(why, -EINVAL, "no {key} in template '%s'",
		                  t->shown);
	if (has_dot_segment(t->text + t->path, t->decodes))
		return reason_set(why, -EINVAL,
		                  "a '.' or '..' segment in template '%s'",
		                  t->shown);
	if (strcmp(t->scheme, "file") != 0)
		return len ? 0
		           : reason_set(why, -EINVAL,
		                        "no host in template '%s'", t->text);
	if (len && (len != 9 || strncasecmp(authority, "localhost", len) != 0))
		return reason_set(why, -EINVAL,
		                  "a file on another host in template '%s'",
		                  t->shown);
	return 0;
}

int template_create(struct template **out, const char *text, struct reason *why)
{
	/* Parts alternate at worst: a byte of text, an expression, … */
	size_t most = strlen(text) + 1;
	struct template *t = calloc(1, sizeof(*t) + most * sizeof(t->parts[0]));
	int err;

	*out = NULL;
	if (!t || !(t->text = strdup(text)) ||
	    !(t->shown = secret_hide(text))) {
		template_destroy(t);
		return reason_oom(why, -ENOMEM);
	}
	err = parse_start(t, why);
	if (!err)
		err = parse_parts(t, why);
	if (!err)
		err = check_text(t, why);
	if (err) {
		template_destroy(t);
		return err;
	}
	*out = t;
	return 0;
}

void template_destroy(struct template *t)
{
	if (!t)
		return;
	free(t->text);
	free(t->shown);
	free(t);
}

const char *template_scheme(const struct template *t)
{
	return t->scheme;
}

/* RFC 3986 section 2: `unreserved` as is, `reserved` as is on demand. */
static bool is_kept(const struct part *part, const char *at, const char *end)
{
	char c = *at;

	if (percent_unreserved(c))
		return true;
	if (c == '\0' || !part->keep_reserved)
		return false;
	if (c == '%')
		return percent_read(at, (size_t)(end - at)) >= 0;
	/* Not '#': what follows it is never sent, so "a#b" would be "a". */
	return strchr(":/?[]@!$&'()*+,;=", c) != NULL;
}

static void expand_part(const struct part *part, struct key value,
                        struct buf *url)
{
	const char *end = value.data + value.len;

	buf_reserve(url, value.len);
	for (const char *at = value.data; !url->err && at < end; at++) {
		char code[PERCENT_LEN];

		if (is_kept(part, at, end))
			buf_append(url, at, 1);
		else
			buf_append(url, code, percent_write(*at, code));
	}
}

int template_expand(const struct template *t, const char *group, struct key key,
                    struct buf *url)
{
	size_t start = url->len;

	for (size_t i = 0; i < t->count; i++) {
		const struct part *p = &t->parts[i];

		if (p->kind == PART_TEXT)
			buf_append(url, p->text, p->len);
		else if (p->kind == PART_KEY)
			expand_part(p, key, url);
		else
			expand_part(p, key_of(group, strlen(group)), url);
	}
	if (buf_end(url) < 0)
		return url->err;
	/* No expression stands before the path, so its place is known. */
	return has_dot_segment(url->data + start + t->path, t->decodes)
	               ? -ENOENT
	               : 0;
}
