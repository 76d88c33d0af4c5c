/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical request and its signature; sigv4_url.c has the URL's form. */
#include "getter/url/sigv4.h"

#include "getter/url/header.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define HASH_TEXT (2 * SHA256_DIGEST_LENGTH + 1)
#define TIME_TEXT sizeof("20130524T000000Z")
#define TEXT_MAX  ((size_t)1 << 20) /* URLs and headers are far below */
#define BODY_HASH "x-amz-content-sha256"

/* A list of strings to be sorted; each is owned. */
struct lines {
	char **all;
	size_t count;
};

int sigv4_init(struct sigv4 *s, const char *text, struct reason *why)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "abcdefghijklmnopqrstuvwxyz"
	                              "0123456789-._";
	size_t region = strspn(text, allowed);
	const char *service = text[region] == '/' ? text + region + 1 : "s3";

	if (region == 0 || (text[region] && text[region] != '/') || !*service ||
	    service[strspn(service, allowed)] || region >= SIGV4_NAME_MAX ||
	    strlen(service) >= SIGV4_NAME_MAX)
		return reason_set(why, -EINVAL,
		                  "sigv4: '%.80s' is not a region such as "
		                  "eu-central-1, or REGION/SERVICE such as "
		                  "eu-central-1/execute-api",
		                  text);
	*s = (struct sigv4){ .once = strncmp(service, "s3", 2) == 0 };
	s->body = s->once;
	memcpy(s->region, text, region);
	memcpy(s->service, service, strlen(service));
	return 0;
}

/* ---- the canonical request ---- */

static void lines_free(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->all[i]);
	free(l->all);
}

static int lines_add(struct lines *l, char *line)
{
	char **more =
	        line ? reallocarray(l->all, l->count + 1, sizeof(*more)) : NULL;

	if (!more) {
		free(line);
		return -ENOMEM;
	}
	l->all = more;
	l->all[l->count++] = line;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* By name, then by value: a tab is below whatever a name can have. */
static void lines_sort(struct lines *l)
{
	if (l->count)
		qsort(l->all, l->count, sizeof(*l->all), compare);
}

/* "NAME\tVALUE" each, sorted, then joined with '='. */
static int append_canonical_query(struct buf *out, const char *query)
{
	struct lines pairs = { NULL, 0 };
	int err = 0;

	while (*query && !err) {
		size_t n = strcspn(query, "&");
		char *pair = NULL;
		size_t name = 0;

		while (name < n && query[name] != '=')
			name++;
		if (n && asprintf(&pair, "%.*s\t%.*s", (int)name, query,
		                  (int)(name < n ? n - name - 1 : 0),
		                  query + name + (name < n)) < 0)
			pair = NULL;
		if (n)
			err = lines_add(&pairs, pair);
		query += n + (query[n] == '&');
	}
	lines_sort(&pairs);
	for (size_t i = 0; i < pairs.count && !err; i++) {
		char *value = strchr(pairs.all[i], '\t');

		*value++ = '\0';
		err = buf_printf(out, "%s%s=%s", i ? "&" : "", pairs.all[i],
		                 value);
	}
	lines_free(&pairs);
	return err;
}

/* Of all but S3: no segment is empty, and what is encoded is so once more.
 * Keys bring no dot segments along (template.h). */
static int append_canonical_path(struct buf *out, const char *path, size_t n,
                                 bool once)
{
	int err = 0;

	if (once)
		return buf_append(out, path, n);
	for (size_t i = 0; i < n && !err; i++) {
		if (path[i] == '%')
			err = buf_puts(out, "%25");
		else if (path[i] != '/' || i == 0 || path[i - 1] != '/')
			err = buf_append(out, path + i, 1);
	}
	return err;
}

/* "name\tvalue": the name in lower case, the value without white space around
 * it and with one space where there was more.  NULL without memory. */
static char *header_canonical(const char *line)
{
	char *out = malloc(strlen(line) + 2), *end = out;
	const char *value = strchr(line, ':');

	if (!out || !value) {
		free(out);
		return NULL;
	}
	for (; line < value; line++)
		*end++ = (char)tolower((unsigned char)*line);
	*end++ = '\t';
	for (value++; *value; value++) {
		bool blank = *value == ' ' || *value == '\t';

		if (!blank)
			*end++ = *value;
		else if (end[-1] != ' ' && end[-1] != '\t')
			*end++ = ' ';
	}
	if (end[-1] == ' ')
		end--;
	*end = '\0';
	return out;
}

static size_t name_length(const char *line)
{
	return strcspn(line, "\t");
}

static bool same_name(const char *a, const char *b)
{
	return name_length(a) == name_length(b) &&
	       memcmp(a, b, name_length(a)) == 0;
}

/* By name alone, and those of one name in the order they came in. */
static void headers_sort(struct lines *l)
{
	for (size_t i = 1; i < l->count; i++) {
		char *line = l->all[i];
		size_t n = name_length(line), j = i;

		for (; j > 0; j--) {
			size_t m = name_length(l->all[j - 1]);

			/* With the tab, which is below all of a name. */
			if (memcmp(l->all[j - 1], line, (n < m ? n : m) + 1) <=
			    0)
				break;
			l->all[j] = l->all[j - 1];
		}
		l->all[j] = line;
	}
}

static const char *lines_find(const struct lines *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (name_length(l->all[i]) == strlen(name) &&
		    memcmp(l->all[i], name, strlen(name)) == 0)
			return l->all[i] + strlen(name) + 1;
	return NULL;
}

static int lines_add_header(struct lines *l, const char *line)
{
	return lines_add(l, header_canonical(line));
}

/* A line to be sent and signed. */
static int say(struct lines *l, struct curl_slist **out, const char *name,
               const char *value)
{
	char *line;
	int err;

	if (asprintf(&line, "%s: %s", name, value) < 0)
		return -ENOMEM;
	err = lines_add_header(l, line);
	if (!err)
		err = header_add(out, line);
	free(line);
	return err;
}

static int say_host(struct lines *l, const char *url)
{
	const char *host = strstr(url, "://") + 3;
	char *line;
	int err;

	if (lines_find(l, "host"))
		return 0;
	if (asprintf(&line, "host:%.*s", (int)strcspn(host, "/?"), host) < 0)
		return -ENOMEM;
	err = lines_add_header(l, line);
	free(line);
	return err;
}

/* "name:value,value\n" each, or "name;name;…". */
static int append_headers(struct buf *out, const struct lines *l, bool values)
{
	int err = 0;

	for (size_t i = 0; i < l->count && !err; i++) {
		const char *line = l->all[i];
		int name = (int)name_length(line);
		bool again = i && same_name(l->all[i - 1], line);

		if (values)
			err = again ? buf_printf(out, ",%s", line + name + 1)
			            : buf_printf(out, "%s%.*s:%s",
			                         i ? "\n" : "", name, line,
			                         line + name + 1);
		else if (!again)
			err = buf_printf(out, "%s%.*s", i ? ";" : "", name,
			                 line);
	}
	return err;
}

static void hash_text(const void *data, size_t n, char text[HASH_TEXT])
{
	unsigned char hash[SHA256_DIGEST_LENGTH];

	SHA256(data, n, hash);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
}

static int append_request(struct buf *out, const struct sigv4 *s,
                          const char *url, const struct lines *headers)
{
	const char *path = strchr(strstr(url, "://") + 3, '/');
	const char *body = lines_find(headers, BODY_HASH);
	size_t len = strcspn(path, "?");
	char empty[HASH_TEXT];
	int err;

	hash_text("", 0, empty);
	err = buf_puts(out, "GET\n");
	if (!err)
		err = append_canonical_path(out, path, len, s->once);
	if (!err)
		err = buf_puts(out, "\n");
	if (!err && path[len] == '?')
		err = append_canonical_query(out, path + len + 1);
	if (!err)
		err = buf_puts(out, "\n");
	if (!err)
		err = append_headers(out, headers, true);
	if (!err)
		err = buf_puts(out, "\n\n");
	if (!err)
		err = append_headers(out, headers, false);
	return err ? err : buf_printf(out, "\n%s", body ? body : empty);
}

/* ---- the signature ---- */

static int hmac(unsigned char key[SHA256_DIGEST_LENGTH], const void *text,
                size_t n)
{
	unsigned char out[SHA256_DIGEST_LENGTH];

	if (!HMAC(EVP_sha256(), key, SHA256_DIGEST_LENGTH, text, n, out, NULL))
		return -ENOMEM;
	memcpy(key, out, sizeof(out));
	return 0;
}

/* kDate, kRegion, kService, kSigning, and the signature itself. */
static int sign_text(const struct sigv4 *s, const struct awskeys *keys,
                     const char *day, const char *text, char out[HASH_TEXT])
{
	const char *const steps[] = { s->region, s->service, "aws4_request",
		                      text };
	unsigned char key[SHA256_DIGEST_LENGTH];
	char first[sizeof("AWS4") + AWSKEYS_MAX];
	int n = snprintf(first, sizeof(first), "AWS4%s", keys->secret);
	int err = 0;

	if (!HMAC(EVP_sha256(), first, n, (const void *)day, 8, key, NULL))
		err = -ENOMEM;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++)
		err = hmac(key, steps[i], strlen(steps[i]));
	for (size_t i = 0; i < sizeof(key) && !err; i++)
		snprintf(out + 2 * i, 3, "%02x", key[i]);
	explicit_bzero(first, sizeof(first));
	explicit_bzero(key, sizeof(key));
	return err;
}

static int authorize(const struct sigv4 *s, const struct awskeys *keys,
                     const char *stamp, const char *url,
                     const struct lines *headers, struct curl_slist **out)
{
	char hash[HASH_TEXT], signature[HASH_TEXT];
	char *text = NULL, scope[3 * SIGV4_NAME_MAX];
	struct buf line;
	int err;

	buf_init(&line, TEXT_MAX);
	snprintf(scope, sizeof(scope), "%.8s/%s/%s/aws4_request", stamp,
	         s->region, s->service);
	err = append_request(&line, s, url, headers);
	if (!err) {
		hash_text(line.data, line.len, hash);
		if (asprintf(&text, ALGORITHM "\n%s\n%s\n%s", stamp, scope,
		             hash) < 0)
			text = NULL;
		err = text ? sign_text(s, keys, stamp, text, signature)
		           : -ENOMEM;
	}
	line.len = 0;
	if (!err)
		err = buf_printf(&line,
		                 "Authorization: " ALGORITHM
		                 " Credential=%s/%s, SignedHeaders=",
		                 keys->access, scope);
	if (!err)
		err = append_headers(&line, headers, false);
	if (!err)
		err = buf_printf(&line, ", Signature=%s", signature);
	if (!err)
		err = header_add(out, line.data);
	free(text);
	buf_release(&line);
	return err ? -ENOMEM : 0;
}

int sigv4_sign(const struct sigv4 *s, const struct awskeys *keys, time_t now,
               const char *url, const struct curl_slist *sign,
               struct curl_slist **out)
{
	struct lines headers = { NULL, 0 };
	char stamp[TIME_TEXT], empty[HASH_TEXT];
	struct tm tm;
	int err = 0;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (; sign && !err; sign = sign->next)
		err = lines_add_header(&headers, sign->data);
	if (!err)
		err = say_host(&headers, url);
	if (!err)
		err = say(&headers, out, "X-Amz-Date", stamp);
	if (!err && *keys->token)
		err = say(&headers, out, "X-Amz-Security-Token", keys->token);
	hash_text("", 0, empty);
	if (!err && s->body && !lines_find(&headers, BODY_HASH))
		err = say(&headers, out, BODY_HASH, empty);
	headers_sort(&headers);
	if (!err)
		err = authorize(s, keys, stamp, url, &headers, out);
	lines_free(&headers);
	return err;
}
