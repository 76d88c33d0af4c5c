/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
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

struct template
{
	char *text;      /* owned; all of it was checked */
	char *shown;     /* the same for messages: without passwords; owned */
	char scheme[16]; /* lower case */
	size_t path;     /* where in the text the authority has ended */
	bool decodes;    /* the scheme's library decodes the path */
};

struct expression {
	const char *text;
	bool is_key;        /* else the group */
	bool keep_reserved; /* {+name} */
};

/* The one that `at` begins with, or NULL. */
static const struct expression *expression_at(const char *at)
{
	static const struct expression all[] = {
		{ "{key}", true, false },
		{ "{+key}", true, true },
		{ "{group}", false, false },
		{ "{+group}", false, true },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (strncmp(at, all[i].text, strlen(all[i].text)) == 0)
			return &all[i];
	return NULL;
}

/* A byte in the text that no URL has, RFC 6570 section 2.1. */
static bool is_bad_text(const char *at)
{
	unsigned char c = (unsigned char)*at;

	if (c == '%')
		return percent_read(at, PERCENT_LEN) < 0;
	return c <= ' ' || c == 0x7f || strchr("\"<>\\^`|}", c);
}

static int check_parts(const struct template *t, struct reason *why)
{
	const char *at = t->text;
	bool has_key = false;

	while (*at) {
		const struct expression *e = expression_at(at);

		if (*at != '{' && is_bad_text(at))
			return reason_set(why, -EINVAL,
			                  "bad character '%c' in template '%s'",
			                  *at, t->shown);
		if (*at == '{' && !e)
			return reason_set(
			        why, -EINVAL,
			        "unknown expression '%.*s' in template '%s'",
			        (int)strcspn(at, "}") + 1, at, t->shown);
		if (e && (size_t)(at - t->text) < t->path)
			return reason_set(why, -EINVAL,
			                  "the scheme or host of template "
			                  "'%s' depends on the key",
			                  t->shown);
		has_key |= e && e->is_key;
		at += e ? strlen(e->text) : 1;
	}
	return has_key ? 0
	               : reason_set(why, -EINVAL, "no {key} in template '%s'",
	                            t->shown);
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
static bool has_dot_segment(const char *path, bool decodes)
{
	size_t dots = 0, len = 0;
	bool counts = true; /* false behind a ';' until the next slash */

	while (*path) {
		int code = percent_read(path, PERCENT_LEN);
		bool raw = code < 0 || !(decodes || code == '.');
		char c = raw ? *path : (char)code;

		if (!decodes && (*path == '?' || *path == '#'))
			break;
		path += raw ? 1 : PERCENT_LEN;
		if (c != '/' && !(raw && strchr(";?#", c)) &&
		    !(decodes && c == '\\')) {
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

static int check_place(const struct template *t, struct reason *why)
{
	const char *authority = t->text + strlen(t->scheme) + 3;
	size_t len = (size_t)(t->text + t->path - authority);

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
	struct template *t = calloc(1, sizeof(*t));
	int err;

	*out = NULL;
	if (!t || !(t->text = strdup(text)) ||
	    !(t->shown = secret_hide(text))) {
		template_destroy(t);
		return reason_oom(why, -ENOMEM);
	}
	err = parse_start(t, why);
	if (!err)
		err = check_parts(t, why);
	if (!err)
		err = check_place(t, why);
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
static bool is_kept(const char *at, const char *end, bool keep_reserved)
{
	if (percent_unreserved(*at))
		return true;
	if (*at == '\0' || !keep_reserved)
		return false;
	if (*at == '%')
		return percent_read(at, (size_t)(end - at)) >= 0;
	/* Not '#': what follows it is never sent, so "a#b" would be "a". */
	return strchr(":/?[]@!$&'()*+,;=", *at) != NULL;
}

static void expand(struct buf *url, struct key value, bool keep_reserved)
{
	const char *end = value.data + value.len;

	buf_reserve(url, value.len);
	for (const char *at = value.data; !url->err && at < end; at++) {
		if (is_kept(at, end, keep_reserved))
			buf_append(url, at, 1);
		else
			percent_encode(url, at, 1);
	}
}

int template_expand(const struct template *t, const char *group, struct key key,
                    struct buf *url)
{
	size_t start = url->len;

	for (const char *at = t->text; *at;) {
		const struct expression *e = expression_at(at);
		size_t len = e ? strlen(e->text) : strcspn(at, "{");

		if (e && e->is_key)
			expand(url, key, e->keep_reserved);
		else if (e)
			expand(url, key_of(group, strlen(group)),
			       e->keep_reserved);
		else
			buf_append(url, at, len);
		at += len;
	}
	if (buf_end(url) < 0)
		return url->err;
	/* No expression stands before the path, so its place is known. */
	return has_dot_segment(url->data + start + t->path, t->decodes)
	               ? -ENOENT
	               : 0;
}
