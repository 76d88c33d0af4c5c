/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/header.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A `tchar` of RFC 9110 section 5.6.2. */
static bool is_name_char(unsigned char c)
{
	return c < 0x80 && c && (isalnum(c) || strchr("!#$%&'*+-.^_`|~", c));
}

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
	size_t n = 0;

	while (is_name_char((unsigned char)line[n]))
		n++;
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

/* One line of the file, without its end. */
static int line_add(struct curl_slist **list, char *line, struct reason *why)
{
	size_t len = strlen(line);
	int err;

	while (len && strchr("\r\n\t ", line[len - 1]))
		line[--len] = '\0';
	if (len == 0 || *line == '#')
		return 0;
	err = header_check(line, why);
	return err ? err : header_add(list, line);
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
		else
			err = line_add(list, line, &what);
	}
	if (err)
		reason_set(why, err, "%s:%zu: %s", path, number, what.text);
	else if (ferror(file))
		err = reason_set(why, -EIO, "cannot read '%s'", path);
	free(line);
	fclose(file);
	return err;
}
