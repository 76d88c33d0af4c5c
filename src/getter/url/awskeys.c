/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/awskeys.h"

#include "lib/file.h"
#include "lib/secret.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 3 /* at a file that is being written */
#define NEEDED   2 /* of what is in the table; a token need not be */

/* A key's name in the file and in the environment. */
static const struct {
	const char *setting, *variable;
	size_t field; /* in struct awskeys */
} table[] = {
	{ "aws_access_key_id", "AWS_ACCESS_KEY_ID",
	  offsetof(struct awskeys, access) },
	{ "aws_secret_access_key", "AWS_SECRET_ACCESS_KEY",
	  offsetof(struct awskeys, secret) },
	{ "aws_session_token", "AWS_SESSION_TOKEN",
	  offsetof(struct awskeys, token) },
};

#define COUNT (sizeof(table) / sizeof(table[0]))

/* A piece of the text, borrowed. */
struct word {
	const char *at;
	size_t len;
};

struct parser {
	struct awskeys *keys;
	const char *profile;
	bool inside; /* the profile that is looked for */
	bool found;
};

void awskeys_release(struct awskeys *keys)
{
	explicit_bzero(keys, sizeof(*keys));
}

/* Only what may be put into a header: no blank, no control character. */
static bool key_set(struct awskeys *keys, size_t which, struct word value)
{
	char *field = (char *)keys + table[which].field;

	for (size_t i = 0; i < value.len; i++)
		if (!isgraph((unsigned char)value.at[i]))
			return false;
	if (value.len == 0 || value.len >= AWSKEYS_MAX)
		return false;
	memcpy(field, value.at, value.len);
	field[value.len] = '\0';
	return true;
}

/* ---- the file's text ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct word word_trim(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	while (at < end && is_blank(end[-1]))
		end--;
	return (struct word){ at, (size_t)(end - at) };
}

static bool word_is(struct word w, const char *text)
{
	return strlen(text) == w.len && memcmp(w.at, text, w.len) == 0;
}

/* What is wrong with the line, or NULL. */
static const char *line_take(struct parser *p, const char *at, const char *end)
{
	struct word line = word_trim(at, end), name;
	const char *mark, *stop;

	if (line.len == 0 || *line.at == '#' || *line.at == ';')
		return NULL;
	if (*line.at == '[') {
		mark = memchr(line.at, ']', line.len);
		if (!mark)
			return "no ']' behind the name of a profile";
		p->inside = word_is(word_trim(line.at + 1, mark), p->profile);
		p->found |= p->inside;
		return NULL;
	}
	/* Indented: part of a setting of others. */
	if (line.at != at || !p->inside)
		return NULL;
	mark = memchr(line.at, '=', line.len);
	if (!mark)
		return "neither [PROFILE] nor NAME = VALUE";
	name = word_trim(line.at, mark);
	/* A comment is a '#' or ';' behind white space. */
	for (stop = ++mark; stop < end; stop++)
		if ((*stop == '#' || *stop == ';') &&
		    (stop == mark || is_blank(stop[-1])))
			break;
	for (size_t i = 0; i < COUNT; i++)
		if (word_is(name, table[i].setting) &&
		    !key_set(p->keys, i, word_trim(mark, stop)))
			return "this is not a key";
	return NULL;
}

int awskeys_parse(struct awskeys *keys, const char *text, size_t len,
                  const char *profile, const char *path, struct reason *why)
{
	struct parser p = { .keys = keys, .profile = profile };
	const char *end = text + len;
	int err = 0;

	*keys = (struct awskeys){ "", "", "" };
	/* Some editors put a mark in front. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (size_t line = 1; text < end && !err; line++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		const char *wrong = line_take(&p, text, stop);

		if (wrong)
			err = reason_set(why, -EINVAL, "%.120s:%zu: %s", path,
			                 line, wrong);
		text = newline ? newline + 1 : end;
	}
	if (!err && !p.found)
		err = reason_set(why, -EINVAL, "no profile '%.40s' in '%.120s'",
		                 profile, path);
	for (size_t i = 0; i < NEEDED && !err; i++)
		if (!*((const char *)keys + table[i].field))
			err = reason_set(
			        why, -EINVAL,
			        "no %s for profile '%.40s' in '%.120s'",
			        table[i].setting, profile, path);
	if (err)
		awskeys_release(keys);
	return err;
}

/* ---- where the keys are ---- */

static const char *env(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int env_read(struct awskeys *keys, struct reason *why)
{
	for (size_t i = 0; i < COUNT; i++) {
		const char *value = env(table[i].variable);

		if (!value && i < NEEDED)
			return reason_set(why, -EINVAL,
			                  "no %s in the environment",
			                  table[i].variable);
		if (value &&
		    !key_set(keys, i, (struct word){ value, strlen(value) }))
			return reason_set(why, -EINVAL,
			                  "what %s is in the environment is "
			                  "not a key",
			                  table[i].variable);
	}
	return 0;
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
	secret_release(&text);
	return err;
}

/* From where AWS's tools look for the file. */
static int usual_read(struct awskeys *keys, const char *profile, int cancel_fd,
                      struct reason *why)
{
	const char *named = env("AWS_SHARED_CREDENTIALS_FILE");
	const char *home = env("HOME");
	struct reason wrong = { "no credentials_file" };
	char path[PATH_MAX];
	int len = -1, err = -ENOENT;

	if (named && strncmp(named, "~/", 2) != 0)
		len = snprintf(path, PATH_MAX, "%s", named);
	else if (home)
		len = snprintf(path, PATH_MAX, "%s/%s", home,
		               named ? named + 2 : ".aws/credentials");
	if (len > 0 && len < PATH_MAX)
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
