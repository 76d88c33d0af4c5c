/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/canonical.h"

#include "lib/percent.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* From this version on it encodes the paths of services other than S3 once
 * more by itself. */
#define CURL_ENCODES_TWICE 0x080e00

enum place { PATH, PATH_S3, QUERY };

/* Decodes and encodes again. */
static void append_recoded(struct buf *out, const char *text, size_t n,
                           enum place place)
{
	for (size_t i = 0; i < n; i++) {
		int code = percent_read(text + i, n - i);
		bool raw = code < 0;
		char c = raw ? text[i] : (char)code;

		if (!raw)
			i += PERCENT_LEN - 1;
		if (c == '+' && raw && place == QUERY)
			c = ' ';
		if (c == '/' && (place == PATH_S3 || (place == PATH && raw)))
			buf_append(out, &c, 1);
		else
			percent_encode(out, &c, 1);
	}
}

/* "name=value&name&…": only the first '=' of a pair separates. */
static void append_query(struct buf *out, const char *query, size_t n)
{
	const char *end = query + n;

	while (query < end) {
		const char *next = memchr(query, '&', (size_t)(end - query));
		const char *stop = next ? next : end;
		const char *equals = memchr(query, '=', (size_t)(stop - query));
		const char *name = equals ? equals : stop;

		append_recoded(out, query, (size_t)(name - query), QUERY);
		if (equals) {
			buf_puts(out, "=");
			append_recoded(out, equals + 1,
			               (size_t)(stop - equals) - 1, QUERY);
		}
		if (next)
			buf_puts(out, "&");
		query = next ? next + 1 : end;
	}
}

/* "host" or "host:port", as libcurl's Host header has it. */
static void append_host(struct buf *out, const char *url, const char *host,
                        size_t n)
{
	bool tls = strncasecmp(url, "https:", 6) == 0;
	const char *port = tls ? ":443" : ":80";
	const char *at = memrchr(host, '@', n);
	size_t len = strlen(port);

	if (at) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	if (n > len && memcmp(host + n - len, port, len) == 0)
		n -= len;
	for (size_t i = 0; i < n; i++) {
		char c = (char)tolower((unsigned char)host[i]);

		buf_append(out, &c, 1);
	}
}

/* Of a path that begins with a '/' and ends at a '?', if not before. */
static bool has_dots(const char *path)
{
	while (*path == '/') {
		size_t len = strcspn(++path, "/?");

		if ((len == 1 || len == 2) && strspn(path, ".") >= len)
			return true;
		path += len;
	}
	return false;
}

int canonical_url(const char *url, bool s3, struct buf *out)
{
	const char *host = strstr(url, "://");
	size_t host_len, path_len, path_at;
	const char *path, *query;

	host = host ? host + 3 : url;
	host_len = strcspn(host, "/?#");
	path = host + host_len;
	path_len = strcspn(path, "?#");
	query = path + path_len;
	buf_append(out, url, (size_t)(host - url));
	append_host(out, url, host, host_len);
	path_at = out->len;
	if (path_len == 0)
		buf_puts(out, "/");
	append_recoded(out, path, path_len, s3 ? PATH_S3 : PATH);
	if (*query == '?') {
		buf_puts(out, "?");
		append_query(out, query + 1, strcspn(query + 1, "#"));
	}
	if (buf_end(out) < 0)
		return out->err;
	return s3 && has_dots(out->data + path_at) ? -ENOENT : 0;
}

/* ---- what is signed ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* By name, then by value: with a tab between them, which is below whatever a
 * name can have. */
static int append_sorted(struct buf *out, const char *query)
{
	char *copy = strdup(query), *rest = copy, *pair;
	/* None of them is empty. */
	char **pairs = calloc(strlen(query) / 2 + 1, sizeof(*pairs));
	size_t count = 0;
	int err = copy && pairs ? 0 : -ENOMEM;

	for (char *c = copy; !err && (c = strchr(c, '='));)
		*c = '\t';
	while (!err && (pair = strsep(&rest, "&")))
		if (*pair)
			pairs[count++] = pair;
	if (count)
		qsort(pairs, count, sizeof(*pairs), compare);
	for (size_t i = 0; i < count; i++) {
		char *tab = strchr(pairs[i], '\t');

		if (tab)
			*tab = '=';
		buf_printf(out, "%s%s%s", i ? "&" : "?", pairs[i],
		           tab ? "" : "=");
	}
	free(pairs);
	free(copy);
	return err;
}

int canonical_signed(const char *url, bool s3, struct buf *out)
{
	const char *path = strchr(strstr(url, "://") + 3, '/');
	size_t len = strcspn(path, "?");
	bool twice = curl_version_info(CURLVERSION_NOW)->version_num <
	             CURL_ENCODES_TWICE;
	int err = 0;

	buf_append(out, url, (size_t)(path - url));
	if (s3)
		buf_append(out, path, len);
	/* Else no segment is empty, and what is encoded is so once more.  Keys
	 * bring no dot segments along (template.h). */
	for (size_t i = 0; i < len && !s3; i++) {
		if (path[i] == '/' && i > 0 && path[i - 1] == '/')
			continue;
		if (path[i] == '%' && twice)
			buf_puts(out, "%25");
		else
			buf_append(out, path + i, 1);
	}
	if (path[len] == '?')
		err = append_sorted(out, path + len + 1);
	return err ? err : buf_end(out);
}
