/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/secret.h"

#include "lib/file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MASK     "***"
#define ATTEMPTS 3 /* at a file that is being written */

/*
 * The password of the URL whose authority begins at `host`; NULL when it has
 * none.  A ':' without a port behind it is a password's even if a '/' ends
 * the authority before the '@'.
 */
static const char *password_find(const char *host, size_t *len)
{
	size_t end = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', end);
	const char *colon;

	at = at == host ? NULL : at;
	colon = memchr(host, ':', at ? (size_t)(at - host) : end);
	if (!colon || (!at && *host == '['))
		return NULL;
	if (!at) {
		if (colon + 1 + strspn(colon + 1, "0123456789") == host + end)
			return NULL;
		at = strrchr(host, '@');
	}
	if (!at || at <= colon + 1)
		return NULL;
	*len = (size_t)(at - (colon + 1));
	return colon + 1;
}

/* The first password at or behind `text`. */
static const char *password_next(const char *text, size_t *len)
{
	const char *found = NULL;

	while (!found && (text = strstr(text, "://"))) {
		text += strlen("://");
		found = password_find(text, len);
	}
	return found;
}

bool secret_is_in(const char *text)
{
	size_t len;

	return password_next(text, &len) != NULL;
}

char *secret_hide(const char *text)
{
	/* "://:x@" becomes longer by two. */
	size_t size = 2 * strlen(text) + 1, len;
	char *out = malloc(size), *end = out;
	const char *password;

	while (out && (password = password_next(text, &len))) {
		end = mempcpy(end, text, (size_t)(password - text));
		end = mempcpy(end, MASK, strlen(MASK));
		text = password + len;
	}
	if (out)
		memcpy(end, text, strlen(text) + 1);
	return out;
}

size_t secret_header_shown(const char *line)
{
	static const char *const words[] = { "auth",     "cookie", "key",
		                             "token",    "secret", "passw",
		                             "signature" };
	size_t name = strcspn(line, ":"), len = strlen(line);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *at = strcasestr(line, words[i]);

		if (at && at < line + name && line[name])
			len = name + 1 + strspn(line + name + 1, " \t");
	}
	return len < strlen(line) ? len : strlen(line);
}

int secret_check(const char *path, struct reason *why)
{
	struct buf secret;
	int err = 0;

	buf_init(&secret, SECRET_FILE_MAX);
	if (path)
		err = secret_read(&secret, path, -1, why);
	secret_release(&secret);
	return err;
}

void secret_release(struct buf *secret)
{
	if (secret->data)
		explicit_bzero(secret->data, secret->cap);
	buf_release(secret);
}

int secret_read(struct buf *out, const char *path, int cancel_fd,
                struct reason *why)
{
	struct file_version version;
	size_t blank = 0;
	int err = -EAGAIN;

	out->max = SECRET_FILE_MAX;
	for (int i = 0; err == -EAGAIN && i < ATTEMPTS; i++) {
		secret_release(out);
		err = file_read(path, NULL, cancel_fd, out, &version, why);
	}
	if (err == -EFBIG)
		return -EINVAL;
	if (err)
		return err == -EAGAIN ? -EIO : err;
	while (out->len && isspace((unsigned char)out->data[out->len - 1]))
		out->len--;
	while (blank < out->len && isspace((unsigned char)out->data[blank]))
		blank++;
	out->len -= blank;
	if (blank)
		memmove(out->data, out->data + blank, out->len);
	out->max++; /* for the NUL */
	if (buf_end(out) < 0)
		return reason_oom(why, -EIO);
	if (out->len == 0)
		return reason_set(why, -EINVAL, "'%.160s' is empty", path);
	for (size_t i = 0; i < out->len; i++)
		if (iscntrl((unsigned char)out->data[i]))
			return reason_set(why, -EINVAL,
			                  "'%.160s' holds more than one line "
			                  "or a control character",
			                  path);
	return 0;
}
