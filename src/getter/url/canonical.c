/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical form of a URL. */
#include "getter/url/sigv4.h"

#include "lib/percent.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum place { PATH, PATH_ONCE, QUERY };

/* Decodes and encodes again. */
static int append_recoded(struct buf *out, const char *text, size_t n,
                          enum place place)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		int code = percent_read(text + i, n - i);
		bool raw = code < 0;
		char c = raw ? text[i] : (char)code;

		if (!raw)
			i += PERCENT_LEN - 1;
		if (c == '/' && (place == PATH_ONCE || (place == PATH && raw)))
			err = buf_append(out, &c, 1);
		else if (c == '+' && raw && place == QUERY)
			err = percent_encode(out, " ", 1);
		else
			err = percent_encode(out, &c, 1);
	}
	return err;
}

/* "name=value&name&…": only the first '=' of a pair separates. */
static int append_query(struct buf *out, const char *query, size_t n)
{
	const char *end = query + n;
	int err = 0;

	while (query < end && !err) {
		const char *next = memchr(query, '&', (size_t)(end - query));
		const char *stop = next ? next : end;
		const char *equals = memchr(query, '=', (size_t)(stop - query));
		const char *name = equals ? equals : stop;

		err = append_recoded(out, query, (size_t)(name - query), QUERY);
		if (!err && equals)
			err = buf_puts(out, "=");
		if (!err && equals)
			err = append_recoded(out, equals + 1,
			                     (size_t)(stop - equals) - 1,
			                     QUERY);
		if (!err && next)
			err = buf_puts(out, "&");
		query = next ? next + 1 : end;
	}
	return err;
}

/* "host" or "host:port", as libcurl's Host header has it. */
static int append_host(struct buf *out, const char *url, const char *host,
                       size_t n)
{
	bool tls = strncasecmp(url, "https:", 6) == 0;
	const char *port = tls ? ":443" : ":80";
	size_t len = strlen(port);
	int err = 0;

	for (size_t at = n; at > 0; at--)
		if (host[at - 1] == '@') {
			host += at;
			n -= at;
			break;
		}
	if (n > len && memcmp(host + n - len, port, len) == 0)
		n -= len;
	for (size_t i = 0; i < n && !err; i++) {
		char c = (char)tolower((unsigned char)host[i]);

		err = buf_append(out, &c, 1);
	}
	return err;
}

static bool has_dots(const char *path)
{
	for (; path; path = strchr(path + 1, '/')) {
		size_t len = strcspn(path + 1, "/?");

		if ((len == 1 || len == 2) && strspn(path + 1, ".") >= len)
			return true;
		if (path[1 + len] == '?')
			break;
	}
	return false;
}

int sigv4_url(const struct sigv4 *s, const char *url, struct buf *out)
{
	const char *host = strstr(url, "://");
	size_t host_len, path_len, path_at;
	const char *path, *query;
	int err;

	host = host ? host + 3 : url;
	host_len = strcspn(host, "/?#");
	path = host + host_len;
	path_len = strcspn(path, "?#");
	query = path + path_len;
	err = buf_append(out, url, (size_t)(host - url));
	if (!err)
		err = append_host(out, url, host, host_len);
	path_at = out->len;
	if (!err && path_len == 0)
		err = buf_puts(out, "/");
	if (!err)
		err = append_recoded(out, path, path_len,
		                     s->once ? PATH_ONCE : PATH);
	if (!err && *query == '?')
		err = buf_puts(out, "?");
	if (!err && *query == '?')
		err = append_query(out, query + 1, strcspn(query + 1, "#"));
	if (!err)
		err = buf_append(out, "", 1);
	if (err)
		return err;
	out->len--;
	return s->once && has_dots(out->data + path_at) ? -ENOENT : 0;
}
