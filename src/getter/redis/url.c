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

static bool has_scheme(const char *text, const char *scheme)
{
	return strncasecmp(text, scheme, strlen(scheme)) == 0;
}

/* What is behind the scheme of a socket's URL; NULL if it is none. */
static const char *socket_rest(const char *text)
{
	static const char *const schemes[] = { "unix://", "redis+unix://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (has_scheme(text, schemes[i]))
			return text + strlen(schemes[i]);
	return has_scheme(text, "unix:/") ? text + strlen("unix:") : NULL;
}

/* A URL of a socket as libcurl can parse it. */
static int prepare_socket(char **out, const char *rest, struct reason *why)
{
	size_t user = strcspn(rest, "/?#");

	if (rest[user] != '/' || (user && rest[user - 1] != '@'))
		return reason_set(why, -EINVAL, "a socket is unix:///PATH");
	if (asprintf(out, "unix://%.*slocalhost%s", (int)user, rest,
	             rest + user) >= 0)
		return 0;
	*out = NULL;
	return reason_oom(why, -ENOMEM);
}

/* The text for libcurl, to be freed. */
static int prepare(char **out, const char *text, struct reason *why)
{
	const char *rest = socket_rest(text);

	*out = NULL;
	if (rest)
		return prepare_socket(out, rest, why);
	if (!has_scheme(text, "redis://") && !has_scheme(text, "rediss://"))
		return reason_set(why, -EINVAL,
		                  "expected redis://HOST, rediss://HOST or "
		                  "unix:///PATH");
	/* Without any, libcurl would take what is next for the host. */
	if (strchr("/?#", strstr(text, "://")[3]))
		return reason_set(why, -EINVAL, "it names no host");
	*out = strdup(text);
	return *out ? 0 : reason_oom(why, -ENOMEM);
}

/* A part for free(3), decoded if it is to be; *out stays NULL when it is not
 * there. */
static int part_get(char **out, CURLU *url, CURLUPart part, unsigned int flags,
                    struct reason *why)
{
	char *text = NULL;
	CURLUcode code = curl_url_get(url, part, &text, flags);

	switch (code) {
	case CURLUE_OK:
		*out = strdup(text);
		curl_free(text);
		return *out ? 0 : reason_oom(why, -ENOMEM);
	case CURLUE_NO_USER:
	case CURLUE_NO_PASSWORD:
	case CURLUE_NO_PORT:
	case CURLUE_NO_QUERY:
	case CURLUE_NO_FRAGMENT:
	case CURLUE_NO_ZONEID:
		return 0;
	case CURLUE_URLDECODE:
		return reason_set(why, -EINVAL,
		                  "it has an encoded control character");
	default:
		return reason_set(why, -EINVAL, "%s", curl_url_strerror(code));
	}
}

static int parse_port(struct redisurl *out, CURLU *url, struct reason *why)
{
	uint64_t port = PORT_DEFAULT;
	char *text = NULL;
	int err = part_get(&text, url, CURLUPART_PORT, 0, why);

	if (!err && text &&
	    (number_parse(text, 10, UINT16_MAX, &port) < 0 || port == 0))
		err = reason_set(why, -EINVAL,
		                 "the port is a number from 1 to 65535");
	free(text);
	out->port = (unsigned int)port;
	return err;
}

/* "[fe80::1]" and its zone are two parts, "[fe80::1%25eth0]" is what they are
 * in a URL. */
static int parse_host(struct redisurl *out, CURLU *url, struct reason *why)
{
	char *zone = NULL, *whole;
	int err = part_get(&out->host, url, CURLUPART_HOST, 0, why);

	if (!err)
		err = part_get(&zone, url, CURLUPART_ZONEID, 0, why);
	if (!err && zone) {
		if (asprintf(&whole, "%.*s%%25%s]",
		             (int)strcspn(out->host, "]"), out->host,
		             zone) < 0) {
			err = reason_oom(why, -ENOMEM);
		} else {
			free(out->host);
			out->host = whole;
		}
	}
	free(zone);
	if (!err && strlen(out->host) > HOST_MAX)
		err = reason_set(why, -EINVAL,
		                 "the name of the host is longer "
		                 "than 255 bytes");
	return err;
}

static int parse_db(struct redisurl *out, const char *text, struct reason *why)
{
	uint64_t db;

	if (number_parse(text, 10, INT32_MAX, &db) < 0)
		return reason_set(why, -EINVAL, "the database is a number");
	out->db = (unsigned int)db;
	return 0;
}

/* "/DB" behind a host. */
static int parse_server(struct redisurl *out, CURLU *url, struct reason *why)
{
	char *path = NULL, *query = NULL;
	int err = parse_host(out, url, why);

	if (!err)
		err = parse_port(out, url, why);
	if (!err)
		err = part_get(&path, url, CURLUPART_PATH, 0, why);
	if (!err)
		err = part_get(&query, url, CURLUPART_QUERY, 0, why);
	if (!err && query)
		err = reason_set(why, -EINVAL,
		                 "no '?' here: the database is /NUMBER");
	if (!err && path && path[0] && path[1])
		err = parse_db(out, path + 1, why);
	free(path);
	free(query);
	snprintf(out->label, sizeof(out->label), "%s://%.100s:%u",
	         out->secure ? "rediss" : "redis", out->host ? out->host : "",
	         out->port);
	return err;
}

/* "/PATH?db=DB". */
static int parse_socket(struct redisurl *out, CURLU *url, struct reason *why)
{
	char *query = NULL;
	int err =
	        part_get(&out->path, url, CURLUPART_PATH, CURLU_URLDECODE, why);

	if (!err)
		err = part_get(&query, url, CURLUPART_QUERY, 0, why);
	if (!err && query && strncmp(query, "db=", 3) != 0)
		err = reason_set(why, -EINVAL,
		                 "behind '?' only db=NUMBER is known");
	if (!err && query)
		err = parse_db(out, query + 3, why);
	if (!err &&
	    strlen(out->path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		err = reason_set(why, -EINVAL,
		                 "the path of a socket has at most %zu bytes",
		                 sizeof(((struct sockaddr_un *)0)->sun_path) -
		                         1);
	free(query);
	snprintf(out->label, sizeof(out->label), "unix://%.128s",
	         out->path ? out->path : "");
	return err;
}

static int parse_parts(struct redisurl *out, CURLU *url, struct reason *why)
{
	char *fragment = NULL;
	int err = part_get(&fragment, url, CURLUPART_FRAGMENT, 0, why);

	if (!err && fragment)
		err = reason_set(why, -EINVAL, "a '#' must be written %%23");
	free(fragment);
	if (!err)
		err = part_get(&out->user, url, CURLUPART_USER, CURLU_URLDECODE,
		               why);
	if (!err)
		err = part_get(&out->password, url, CURLUPART_PASSWORD,
		               CURLU_URLDECODE, why);
	return err;
}

static int parse_ready(struct redisurl *out, const char *ready,
                       struct reason *why)
{
	CURLU *url = curl_url();
	CURLUcode code;
	int err = 0;

	if (!url)
		return reason_oom(why, -ENOMEM);
	code = curl_url_set(url, CURLUPART_URL, ready,
	                    CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS);
	if (code)
		err = reason_set(why, -EINVAL, "%s", curl_url_strerror(code));
	if (!err)
		err = parse_parts(out, url, why);
	if (!err)
		err = has_scheme(ready, "unix:") ? parse_socket(out, url, why)
		                                 : parse_server(out, url, why);
	curl_url_cleanup(url);
	return err;
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
