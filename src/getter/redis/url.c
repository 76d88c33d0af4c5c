/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's parser knows the syntax that all URLs share.  It wants a host:
 * the URL of a socket gets one before it is parsed.
 */
#include "getter/redis/url.h"

#include "lib/units.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define PORT_DEFAULT 6379
#define HOST_MAX     255
#define SOCKET_MAX   (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

/* A URL that is being taken apart, up to the first error. */
struct parser {
	CURLU *url;
	struct reason *why;
	int err;
};

static bool has_scheme(const char *text, const char *scheme)
{
	return strncasecmp(text, scheme, strlen(scheme)) == 0;
}

/* The text for libcurl, to be freed. */
static int prepare(char **out, const char *text, struct reason *why)
{
	const char *rest = strchr(text, ':');

	*out = NULL;
	if (has_scheme(text, "redis://") || has_scheme(text, "rediss://")) {
		/* Without any, libcurl would take what is next for the host. */
		if (strchr("/?#", rest[3]))
			return reason_set(why, -EINVAL, "it names no host");
		*out = strdup(text);
	} else if (has_scheme(text, "unix:/") ||
	           has_scheme(text, "redis+unix://")) {
		size_t user;

		rest += strncmp(rest, "://", 3) == 0 ? 3 : 1;
		user = strcspn(rest, "/?#");
		if (rest[user] != '/' || (user && rest[user - 1] != '@'))
			return reason_set(why, -EINVAL,
			                  "a socket is unix:///PATH");
		if (asprintf(out, "unix://%.*slocalhost%s", (int)user, rest,
		             rest + user) < 0)
			*out = NULL;
	} else {
		return reason_set(why, -EINVAL,
		                  "expected redis://HOST, rediss://HOST or "
		                  "unix:///PATH");
	}
	return *out ? 0 : reason_oom(why, -ENOMEM);
}

static void refuse(struct parser *p, bool wrong, const char *text)
{
	if (!p->err && wrong)
		p->err = reason_set(p->why, -EINVAL, "%s", text);
}

/* A part for free(3), decoded if it is to be; NULL when it is not there, or
 * there was an error. */
static char *part_get(struct parser *p, CURLUPart part, unsigned int flags)
{
	char *text = NULL, *copy = NULL;
	CURLUcode code;

	if (p->err)
		return NULL;
	code = curl_url_get(p->url, part, &text, flags);
	switch (code) {
	case CURLUE_OK:
		copy = strdup(text);
		curl_free(text);
		if (!copy)
			p->err = reason_oom(p->why, -ENOMEM);
		break;
	case CURLUE_NO_USER:
	case CURLUE_NO_PASSWORD:
	case CURLUE_NO_PORT:
	case CURLUE_NO_QUERY:
	case CURLUE_NO_FRAGMENT:
	case CURLUE_NO_ZONEID:
		break;
	case CURLUE_URLDECODE:
		refuse(p, true, "it has an encoded control character");
		break;
	default:
		refuse(p, true, curl_url_strerror(code));
	}
	return copy;
}

static void parse_db(struct parser *p, struct redisurl *out, const char *text)
{
	uint64_t db = 0;

	refuse(p, number_parse(text, 10, INT32_MAX, &db) < 0,
	       "the database is a number");
	out->db = (unsigned int)db;
}

/* "[fe80::1]" and its zone are two parts, "[fe80::1%25eth0]" is what they are
 * in a URL. */
static void parse_host(struct parser *p, struct redisurl *out)
{
	char *host = part_get(p, CURLUPART_HOST, 0);
	char *zone = part_get(p, CURLUPART_ZONEID, 0);

	out->host = host;
	if (zone) {
		if (asprintf(&out->host, "%.*s%%25%s]", (int)strcspn(host, "]"),
		             host, zone) < 0) {
			out->host = NULL;
			p->err = reason_oom(p->why, -ENOMEM);
		}
		free(host);
	}
	free(zone);
	refuse(p, out->host && strlen(out->host) > HOST_MAX,
	       "the name of the host is longer than 255 bytes");
}

/* "/DB" behind a host. */
static void parse_server(struct parser *p, struct redisurl *out)
{
	uint64_t number = PORT_DEFAULT;
	char *port, *path, *query;

	parse_host(p, out);
	port = part_get(p, CURLUPART_PORT, 0);
	refuse(p,
	       port && (number_parse(port, 10, UINT16_MAX, &number) < 0 ||
	                number == 0),
	       "the port is a number from 1 to 65535");
	out->port = (unsigned int)number;
	path = part_get(p, CURLUPART_PATH, 0);
	query = part_get(p, CURLUPART_QUERY, 0);
	refuse(p, query, "no '?' here: the database is /NUMBER");
	if (path && path[0] && path[1])
		parse_db(p, out, path + 1);
	free(port);
	free(path);
	free(query);
	snprintf(out->label, sizeof(out->label), "%s://%.100s:%u",
	         out->secure ? "rediss" : "redis", out->host ? out->host : "",
	         out->port);
}

/* "/PATH?db=DB". */
static void parse_socket(struct parser *p, struct redisurl *out)
{
	char *query;

	out->path = part_get(p, CURLUPART_PATH, CURLU_URLDECODE);
	query = part_get(p, CURLUPART_QUERY, 0);
	refuse(p, query && strncmp(query, "db=", 3) != 0,
	       "behind '?' only db=NUMBER is known");
	if (query && !p->err)
		parse_db(p, out, query + 3);
	free(query);
	if (!p->err && strlen(out->path) > SOCKET_MAX)
		p->err =
		        reason_set(p->why, -EINVAL,
		                   "the path of a socket has at most %zu bytes",
		                   SOCKET_MAX);
	snprintf(out->label, sizeof(out->label), "unix://%.128s",
	         out->path ? out->path : "");
}

static int parse_ready(struct redisurl *out, const char *ready,
                       struct reason *why)
{
	struct parser p = { .url = curl_url(), .why = why };
	CURLUcode code;
	char *fragment;

	if (!p.url)
		return reason_oom(why, -ENOMEM);
	code = curl_url_set(p.url, CURLUPART_URL, ready,
	                    CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS);
	refuse(&p, code, curl_url_strerror(code));
	fragment = part_get(&p, CURLUPART_FRAGMENT, 0);
	refuse(&p, fragment, "a '#' must be written %23");
	free(fragment);
	out->user = part_get(&p, CURLUPART_USER, CURLU_URLDECODE);
	out->password = part_get(&p, CURLUPART_PASSWORD, CURLU_URLDECODE);
	if (has_scheme(ready, "unix:"))
		parse_socket(&p, out);
	else
		parse_server(&p, out);
	curl_url_cleanup(p.url);
	return p.err;
}

int redisurl_parse(struct redisurl *out, const char *text, struct reason *why)
{
	char *ready;
	int err = prepare(&ready, text, why);

	*out = (struct redisurl){ .secure = has_scheme(text, "rediss:") };
	if (ready) {
		err = parse_ready(out, ready, why);
		explicit_bzero(ready, strlen(ready));
		free(ready);
	}
	if (err)
		redisurl_release(out);
	return err;
}

void redisurl_release(struct redisurl *url)
{
	if (url->password)
		explicit_bzero(url->password, strlen(url->password));
	free(url->password);
	free(url->user);
	free(url->host);
	free(url->path);
	*url = (struct redisurl){ .host = NULL };
}
