/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/header.h"

#include "lib/buf.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MAX ((size_t)1 << 20) /* bytes of all that one name says */

/* Each `tchar` of RFC 9110 section 5.6.2. */
#define NAME_CHARS \
	"!#$%&'*+-.^_`|~0123456789" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

bool header_value_ok(const char *value)
{
	for (; *value; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') ||
		    *value == 0x7f)
			return false;
	return true;
}

int header_check(const char *line, struct reason *why)
{
	size_t n = strspn(line, NAME_CHARS);

	if (n == 0 || line[n] != ':')
		return reason_set(why, -EINVAL,
		                  "a header is 'Name: value', not '%.*s…'",
		                  n < 32 ? (int)n : 32, line);
	if (!header_value_ok(line + n))
		return reason_set(why, -EINVAL,
		                  "a control character in the value of header "
		                  "'%.*s'",
		                  (int)n, line);
	return 0;
}

int header_add(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (!longer)
		return -ENOMEM;
	*list = longer;
	return 0;
}

int header_printf(struct curl_slist **list, const char *fmt, ...)
{
	va_list args;
	char *line;
	int len, err;

	va_start(args, fmt);
	len = vasprintf(&line, fmt, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	err = header_add(list, line);
	explicit_bzero(line, (size_t)len);
	free(line);
	return err;
}

/* The value of a line if that has such a name. */
static const char *value_of(const char *line, const char *name, size_t n)
{
	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	return line + n + 1 + strspn(line + n + 1, " \t");
}

bool header_has(const struct curl_slist *list, const char *name)
{
	for (; list; list = list->next)
		if (value_of(list->data, name, strlen(name)))
			return true;
	return false;
}

/* Appends to `out` all that the list says under that name. */
static int join_one(const struct curl_slist *list, const char *name, size_t n,
                    struct curl_slist **out)
{
	struct buf line;
	int err = 0;

	buf_init(&line, HEADER_MAX);
	for (; list && !err; list = list->next) {
		const char *value = value_of(list->data, name, n);

		if (value && *value)
			err = line.len ? buf_printf(&line, ",%s", value)
			               : buf_printf(&line, "%s", list->data);
	}
	if (!err && line.len)
		err = header_add(out, line.data);
	secret_release(&line);
	return err ? -ENOMEM : 0;
}

int header_join(struct curl_slist **list)
{
	struct curl_slist *out = NULL;
	int err = 0;

	for (struct curl_slist *h = *list; h && !err; h = h->next) {
		size_t n = strcspn(h->data, ":");
		struct curl_slist *same = *list;

		while (!value_of(same->data, h->data, n))
			same = same->next;
		if (same == h) /* the first of its name */
			err = join_one(h, h->data, n, &out);
	}
	if (err) {
		curl_slist_free_all(out);
		out = NULL;
	}
	curl_slist_free_all(*list);
	*list = out;
	return err;
}

int header_file_read(struct curl_slist **list, const char *path,
                     struct reason *why)
{
	struct reason what = { "out of memory" };
	FILE *file = fopen(path, "re");
	size_t size = 0, number = 0;
	char *line = NULL;
	ssize_t len = 0;
	int err = 0;

	if (!file)
		return reason_set(why, -errno, "cannot open '%s': %s", path,
		                  strerror(errno));
	while (!err && (len = getline(&line, &size, file)) >= 0) {
		number++;
		if ((size_t)len != strlen(line))
			err = reason_set(&what, -EINVAL, "a NUL byte");
		while (len && strchr("\r\n\t ", line[len - 1]))
			line[--len] = '\0';
		if (!err && len && *line != '#') {
			err = header_check(line, &what);
			err = err ? err : header_add(list, line);
		}
	}
	if (err)
		reason_set(why, err, "%s:%zu: %s", path, number, what.text);
	else if (ferror(file))
		err = reason_set(why, -EIO, "cannot read '%s'", path);
	free(line);
	fclose(file);
	return err;
}
