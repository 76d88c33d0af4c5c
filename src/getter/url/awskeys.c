/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/awskeys.h"

#include "lib/file.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 3 /* at a file that is being written */

/* A piece of the text, borrowed. */
struct word {
	const char *at;
	size_t len;
};

struct parser {
	struct awskeys *keys;
	const char *profile, *path;
	size_t line;
	bool inside; /* the profile that is looked for */
	bool found;
	struct reason *why;
};

void awskeys_release(struct awskeys *keys)
{
	explicit_bzero(keys, sizeof(*keys));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct word word_trim(const char *at, size_t len)
{
	while (len && is_blank(*at)) {
		at++;
		len--;
	}
	while (len && is_blank(at[len - 1]))
		len--;
	return (struct word){ at, len };
}

static bool word_is(struct word w, const char *text)
{
	return strlen(text) == w.len && memcmp(w.at, text, w.len) == 0;
}

static int refuse(const struct parser *p, const char *what)
{
	return reason_set(p->why, -EINVAL, "%.120s:%zu: %s", p->path, p->line,
	                  what);
}

/* What may be put into a header: no blank, no control character. */
static bool is_key(struct word value)
{
	for (size_t i = 0; i < value.len; i++)
		if (!isgraph((unsigned char)value.at[i]))
			return false;
	return value.len && value.len < AWSKEYS_MAX;
}

static int value_take(struct parser *p, struct word name, struct word value)
{
	const struct {
		const char *name;
		char *field;
	} names[] = {
		{ "aws_access_key_id", p->keys->access },
		{ "aws_secret_access_key", p->keys->secret },
		{ "aws_session_token", p->keys->token },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!word_is(name, names[i].name))
			continue;
		if (!is_key(value))
			return refuse(p, "this is not a key");
		memcpy(names[i].field, value.at, value.len);
		names[i].field[value.len] = '\0';
	}
	return 0;
}

/* "[default]", perhaps with blanks inside. */
static int heading_take(struct parser *p, struct word line)
{
	const char *end = memchr(line.at, ']', line.len);
	struct word name;

	if (!end)
		return refuse(p, "no ']' behind the name of a profile");
	name = word_trim(line.at + 1, (size_t)(end - line.at) - 1);
	p->inside = word_is(name, p->profile);
	p->found |= p->inside;
	return 0;
}

/* Where a comment begins: at a '#' or ';' behind white space. */
static size_t comment_find(struct word value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((value.at[i] == '#' || value.at[i] == ';') &&
		    (i == 0 || is_blank(value.at[i - 1])))
			return i;
	return value.len;
}

static int line_take(struct parser *p, struct word whole)
{
	struct word line = word_trim(whole.at, whole.len);
	struct word value;
	const char *equals;

	if (line.len == 0 || *line.at == '#' || *line.at == ';')
		return 0;
	if (*line.at == '[')
		return heading_take(p, line);
	/* Indented: part of a setting of others. */
	if (line.at != whole.at || !p->inside)
		return 0;
	equals = memchr(line.at, '=', line.len);
	if (!equals)
		return refuse(p, "neither [PROFILE] nor NAME = VALUE");
	value = word_trim(equals + 1,
	                  line.len - (size_t)(equals + 1 - line.at));
	value = word_trim(value.at, comment_find(value));
	return value_take(p, word_trim(line.at, (size_t)(equals - line.at)),
	                  value);
}

static int keys_check(const struct parser *p)
{
	const char *missing = !*p->keys->access   ? "aws_access_key_id"
	                      : !*p->keys->secret ? "aws_secret_access_key"
	                                          : NULL;

	if (!p->found)
		return reason_set(p->why, -EINVAL,
		                  "no profile '%.40s' in '%.120s'", p->profile,
		                  p->path);
	if (missing)
		return reason_set(p->why, -EINVAL,
		                  "no %s for profile '%.40s' in '%.120s'",
		                  missing, p->profile, p->path);
	return 0;
}

int awskeys_parse(struct awskeys *keys, const char *text, size_t len,
                  const char *profile, const char *path, struct reason *why)
{
	struct parser p = {
		.keys = keys, .profile = profile, .path = path, .why = why
	};
	int err = 0;

	*keys = (struct awskeys){ "", "", "" };
	/* Some editors put a mark in front. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	while (len && !err) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;

		p.line++;
		err = line_take(&p, (struct word){ text, n });
		text += n + (end != NULL);
		len -= n + (end != NULL);
	}
	if (!err)
		err = keys_check(&p);
	if (err)
		awskeys_release(keys);
	return err;
}

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int env_take(char field[AWSKEYS_MAX], const char *name, bool needed,
                    struct reason *why)
{
	const char *value = env(name);
	struct word word = { value, value ? strlen(value) : 0 };

	if (!value)
		return needed ? reason_set(why, -EINVAL,
		                           "no %s in the environment", name)
		              : 0;
	if (!is_key(word))
		return reason_set(why, -EINVAL,
		                  "what %s is in the environment is not a key",
		                  name);
	memcpy(field, value, word.len + 1);
	return 0;
}

static int env_read(struct awskeys *keys, struct reason *why)
{
	int err = env_take(keys->access, "AWS_ACCESS_KEY_ID", true, why);

	if (!err)
		err = env_take(keys->secret, "AWS_SECRET_ACCESS_KEY", true,
		               why);
	if (!err)
		err = env_take(keys->token, "AWS_SESSION_TOKEN", false, why);
	return err;
}

static int file_keys(struct awskeys *keys, const char *path,
                     const char *profile, int cancel_fd, struct reason *why)
{
	struct file_version version;
	struct buf text;
	int err = -EAGAIN;

	buf_init(&text, AWSKEYS_FILE_MAX);
	for (int i = 0; err == -EAGAIN && i < ATTEMPTS; i++) {
		buf_clear(&text);
		err = file_read(path, NULL, cancel_fd, &text, &version, why);
	}
	if (!err)
		err = awskeys_parse(keys, text.len ? text.data : "", text.len,
		                    profile, path, why);
	if (text.data)
		explicit_bzero(text.data, text.cap);
	buf_release(&text);
	return err;
}

/* Where AWS's tools look for the file; false when that cannot be said. */
static bool usual_path(char path[PATH_MAX])
{
	const char *named = env("AWS_SHARED_CREDENTIALS_FILE");
	const char *home = env("HOME");
	int len;

	if (named && strncmp(named, "~/", 2) != 0)
		len = snprintf(path, PATH_MAX, "%s", named);
	else
		len = home ? snprintf(path, PATH_MAX, "%s/%s", home,
		                      named ? named + 2 : ".aws/credentials")
		           : -1;
	return len > 0 && len < PATH_MAX;
}

static int usual_read(struct awskeys *keys, const char *profile, int cancel_fd,
                      struct reason *why)
{
	struct reason wrong = { "" };
	char path[PATH_MAX];
	int err;

	if (!usual_path(path))
		return reason_set(why, -ENOENT,
		                  "no AWS keys: no AWS_ACCESS_KEY_ID in the "
		                  "environment, and no credentials_file");
	err = file_keys(keys, path, profile, cancel_fd, &wrong);
	if (err == -ENOENT)
		return reason_set(why, err,
		                  "no AWS keys: no AWS_ACCESS_KEY_ID in the "
		                  "environment, and %s",
		                  wrong.text);
	return err ? reason_set(why, err, "%s", wrong.text) : 0;
}

int awskeys_read(struct awskeys *keys, const char *file, const char *profile,
                 int cancel_fd, struct reason *why)
{
	const char *name = profile ? profile : env("AWS_PROFILE");
	int err;

	*keys = (struct awskeys){ "", "", "" };
	name = name ? name : "default";
	if (file)
		err = file_keys(keys, file, name, cancel_fd, why);
	else if (!profile &&
	         (env("AWS_ACCESS_KEY_ID") || env("AWS_SECRET_ACCESS_KEY")))
		err = env_read(keys, why);
	else
		err = usual_read(keys, name, cancel_fd, why);
	if (err)
		awskeys_release(keys);
	return err;
}
