/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Against tests/helpers/origin.py, which does as the query says. */
#include "lib/units.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "origin_server.h"
#include "spec.h"

#define MAX_VALUE ((size_t)1 << 20)

static char dir[] = "/tmp/dreamfs-url-XXXXXX";

static struct server plain, other, tls, mutual, ftp;

/* Without retries, which only some tests are about. */
static struct spec spec_of(const char *template)
{
	struct spec spec = { .ops = getter_ops_find("url"),
		             .source = template };

	spec_say(&spec, "retries", "0");
	return spec;
}

static struct load load_of(const char *key)
{
	return (struct load){ .group = "grp",
		              .key = key_of(key, strlen(key)),
		              .max_value = MAX_VALUE,
		              .cancel_fd = -1 };
}

static struct getter *make(const struct spec *spec)
{
	struct reason why = { "" };
	struct getter *g;

	if (spec_create(&g, spec, &why))
		fail_msg("%s: %s", spec->source, why.text);
	return g;
}

static int load_spec(const struct spec *spec, const struct load *load,
                     struct load_result *result)
{
	struct getter *g = make(spec);
	int err = getter_get(g, load, result);

	getter_unref(g);
	return err;
}

/* "http://127.0.0.1:PORT/PATH", in a static buffer of eight. */
static const char *at(const struct server *o, const char *path)
{
	static char texts[8][1024];
	static int n;
	char *text = texts[n++ % 8];

	snprintf(text, sizeof(texts[0]), "%s://127.0.0.1:%d/%s",
	         o == &ftp                   ? "ftp"
	         : o == &tls || o == &mutual ? "https"
	                                     : "http",
	         o->port, path);
	return text;
}

static void check_spec(const struct spec *spec, const char *key,
                       const char *want)
{
	struct load load = load_of(key);
	struct load_result result;

	if (load_spec(spec, &load, &result))
		fail_msg("%s: %s", spec->source, result.why.text);
	assert_int_equal(result.value->size, strlen(want));
	assert_memory_equal(result.value->bytes, want, strlen(want));
	value_unref(result.value);
}

static void check_value(const char *template, const char *key, const char *want)
{
	struct spec spec = spec_of(template);

	check_spec(&spec, key, want);
}

/* The error of a load with so many retries; `why` is part of the reason. */
static void check_error(const char *template, int retries, int err,
                        const char *why)
{
	struct spec spec = spec_of(template);
	struct load load = load_of("k");
	struct load_result result;
	char text[16];
	int got;

	snprintf(text, sizeof(text), "%d", retries);
	spec_say(&spec, "retries", text);
	got = load_spec(&spec, &load, &result);
	if (got != err || !strstr(result.why.text, why))
		fail_msg("%s: %d: %s", template, got, result.why.text);
	assert_null(result.value);
	assert_null(strpbrk(result.why.text, "?\n"));
}

/* What the origin says of itself. */
static int ask(const char *path)
{
	struct spec spec = spec_of(at(&plain, "{+key}"));
	struct load load = load_of(path);
	struct load_result result;
	char text[32] = "";
	uint64_t number;

	assert_int_equal(load_spec(&spec, &load, &result), 0);
	if (result.value->size < sizeof(text))
		memcpy(text, result.value->bytes, result.value->size);
	value_unref(result.value);
	text[strcspn(text, "\n")] = '\0';
	/* It has no number to say to a reset. */
	return number_parse(text, 10, INT32_MAX, &number) == 0 ? (int)number
	                                                       : 0;
}

static void gives_bodies(void **state)
{
	(void)state;
	check_value(at(&plain, "{key}"), "a/b c%?#+\xc3\xa9",
	            "a/b c%?#+\xc3\xa9");
	check_value(at(&plain, "x/{+key}"), "a/b", "x/a/b");
	check_value(at(&plain, "{group}/{key}"), "k", "grp/k");
	check_value(at(&plain, "{key}?chunked"), "k", "k");
	check_value(at(&plain, "{key}?nolength"), "k", "k");
	check_value(at(&plain, "{key}?size=0"), "k", "");
	check_value(at(&plain, "{key}?size=0&chunked"), "k", "");
	check_value(at(&plain, "{key}?drip=0.01"), "slowly", "slowly");
	check_value(at(&plain, "{key}?hops=10"), "k", "k");
}

static void maps_statuses(void **state)
{
	char why[128];

	(void)state;
	ask("_reset");
	check_error(at(&plain, "{key}?status=404"), 2, -ENOENT, "HTTP 404");
	check_error(at(&plain, "{key}?status=410"), 2, -ENOENT, "HTTP 410");
	check_error(at(&plain, "{key}?status=401"), 2, -EACCES, "HTTP 401");
	check_error(at(&plain, "{key}?status=403"), 2, -EACCES, "HTTP 403");
	check_error(at(&plain, "{key}?status=400"), 2, -EIO, "HTTP 400");
	check_error(at(&plain, "{key}?status=204"), 2, -EIO, "HTTP 204");
	check_error(at(&plain, "{key}?status=206"), 2, -EIO, "HTTP 206");
	check_error(at(&plain, "{key}?status=304"), 2, -EIO, "HTTP 304");
	check_error(at(&plain, "{key}?status=501"), 2, -EIO, "HTTP 501");
	assert_int_equal(ask("_count"), 9); /* nothing was tried again */
	snprintf(why, sizeof(why), "http://127.0.0.1:%d/k: HTTP 500",
	         plain.port);
	check_error(at(&plain, "{key}?status=500"), 0, -EIO, why);
}

static void repeats_what_may_pass(void **state)
{
	static const char *const transient[] = { "status=408",
		                                 "status=429",
		                                 "status=500",
		                                 "status=502",
		                                 "status=503",
		                                 "status=504",
		                                 "reset",
		                                 "size=9&truncate",
		                                 "size=9&truncate&chunked",
		                                 "size=9&reset_body" };
	struct spec spec;
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(transient) / sizeof(transient[0]); i++) {
		ask("_reset");
		snprintf(path, sizeof(path), "{key}?%s", transient[i]);
		check_error(at(&plain, path), 1, -EIO, "http://127.0.0.1:");
		assert_int_equal(ask("_count/k"), 2);
	}
	ask("_reset");
	spec = spec_of(at(&plain, "{key}?fail=2"));
	spec_say(&spec, "retries", "2");
	check_spec(&spec, "k", "k");
	spec.source = at(&plain, "{key}?fail=2&fail_with=truncate");
	check_spec(&spec, "t", "t");
	spec.source = at(&plain, "{key}?fail=2&fail_with=reset");
	check_spec(&spec, "r", "r");
	/* It says when; a long wait is not worth it. */
	spec.source = at(&plain, "{key}?fail=1&retry_after=1");
	check_spec(&spec, "w", "w");
	check_error(at(&plain, "{key}?status=503&retry_after=99"), 2, -EIO,
	            "HTTP 503");
	assert_int_equal(ask("_count/k"), 4);
}

static void refuses_truncated_bodies(void **state)
{
	(void)state;
	check_error(at(&plain, "{key}?truncate"), 0, -EIO, "transfer closed");
	check_error(at(&plain, "{key}?truncate&chunked"), 0, -EIO,
	            "transfer closed");
	check_error(at(&plain, "{key}?length=1000"), 0, -EIO,
	            "transfer closed");
	check_error(at(&plain, "{key}?size=99999&reset_body"), 0, -EIO, "");
	check_error(at(&plain, "{key}?length=-5"), 0, -EIO, "Content-Length");
	check_error(at(&plain, "{key}?garbage"), 0, -EIO, "HTTP/0.9");
	check_error(at(&plain, "{key}?big_header=9999999"), 0, -EIO, "");
}

static void tells_what_is_unreachable(void **state)
{
	(void)state;
	check_error("http://127.0.0.1:1/{key}", 1, -EIO,
	            "http://127.0.0.1:1/k: connection refused");
	check_error("http://u:secret@127.0.0.1:1/{key}?token=x", 0, -EIO,
	            "http://127.0.0.1:1/k: connection refused");
}

static void limits_bodies_while_reading(void **state)
{
	struct spec spec = spec_of(at(&plain, "{key}?stall=body&size="
	                                      "4000000"));
	struct load load = load_of("k");
	struct load_result result;

	(void)state;
	/* These stall: only a look at the length, or at what has come so
	 * far, gets us out. */
	assert_int_equal(load_spec(&spec, &load, &result), -EFBIG);
	assert_non_null(strstr(result.why.text, "larger than 1048576 bytes"));
	spec.source = at(&plain, "{key}?stall=body&chunked&size="
	                         "4000000");
	assert_int_equal(load_spec(&spec, &load, &result), -EFBIG);
	spec.source = at(&plain, "{key}?length=999999999999999");
	assert_int_equal(load_spec(&spec, &load, &result), -EFBIG);

	spec.source = at(&plain, "{key}?size=1048576&chunked");
	assert_int_equal(load_spec(&spec, &load, &result), 0);
	assert_int_equal(result.value->size, MAX_VALUE);
	value_unref(result.value);
	/* The limit is on values, not on what an error says. */
	load.max_value = 3;
	spec.source = at(&plain, "{key}?status=404");
	assert_int_equal(load_spec(&spec, &load, &result), -ENOENT);
	/* Nor is all of that read. */
	spec.source = at(&plain, "{key}?status=404&size=50000000");
	assert_int_equal(load_spec(&spec, &load, &result), -ENOENT);
	load.max_value = 0;
	spec.source = at(&plain, "{key}?size=0");
	assert_int_equal(load_spec(&spec, &load, &result), 0);
	value_unref(result.value);
}

/* A length is a claim: memory is taken as the bytes come. */
static void believes_no_length(void **state)
{
	struct spec spec = spec_of(at(&plain, "{key}?length=9000000000"
	                                      "000"));
	struct load load = load_of("k");
	struct load_result result;

	(void)state;
	load.max_value = SIZE_MAX / 2;
	assert_int_equal(load_spec(&spec, &load, &result), -EIO);
	assert_non_null(strstr(result.why.text, "transfer closed"));
}

static void follows_only_the_web(void **state)
{
	char path[256];

	(void)state;
	check_error(at(&plain, "{key}?loop"), 0, -EIO, "redirects");
	check_error(at(&plain, "{key}?hops=11"), 0, -EIO, "redirects");
	check_error(at(&plain, "{key}?redirect=file:///etc/passwd"), 2, -EIO,
	            "rotocol");
	check_error(at(&plain, "{key}?redirect=ftp://127.0.0.1/x"), 2, -EIO,
	            "rotocol");
	snprintf(path, sizeof(path), "{key}?redirect=http://127.0.0.1:%d/there",
	         other.port);
	check_value(at(&plain, path), "k", "there");
}

static bool has_line(const struct value *v, const char *line)
{
	return v->size && memmem(v->bytes, v->size, line, strlen(line));
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static const char *in_dir(const char *name)
{
	static char paths[4][128];
	static int n;
	char *path = paths[n++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static void sends_headers(void **state)
{
	const char *headers[] = { "X-One: 1", "Authorization: Bearer s3cret",
		                  "Cookie: c=s3cret" };
	struct spec spec = spec_of(at(&plain, "{key}?headers"));
	struct load load = load_of("k");
	struct load_result result;
	struct getter *g;
	char path[256];

	(void)state;
	write_file("headers", "# who we are\nX-Two: 2\r\n\nX-Three: a: b\n");
	spec_list(&spec, "header", headers, 3);
	spec_say(&spec, "header_file", in_dir("headers"));
	g = make(&spec);
	assert_int_equal(getter_get(g, &load, &result), 0);
	assert_true(has_line(result.value, "X-One: 1\n"));
	assert_true(has_line(result.value, "X-Two: 2\n"));
	assert_true(has_line(result.value, "X-Three: a: b\n"));
	assert_true(has_line(result.value, "Bearer s3cret"));
	assert_true(has_line(result.value,
	                     "User-Agent: dreamfs/" DREAMFS_VERSION "\n"));
	assert_false(has_line(result.value, "Accept-Encoding"));
	value_unref(result.value);

	/* A renewed token counts from the next load on. */
	write_file("headers", "X-Two: renewed\n");
	assert_int_equal(getter_get(g, &load, &result), 0);
	assert_true(has_line(result.value, "X-Two: renewed\n"));
	value_unref(result.value);
	write_file("headers", "nonsense\n");
	assert_int_equal(getter_get(g, &load, &result), -EIO);
	assert_non_null(strstr(result.why.text, "headers:1: "));
	getter_unref(g);
	write_file("headers", "");

	/* What may be a secret stays with the host it is for. */
	snprintf(path, sizeof(path),
	         "{key}?redirect=http://localhost:%d/x%%3Fheaders", other.port);
	spec.source = at(&plain, path);
	headers[2] = "Accept: text/plain";
	spec_say(&spec, "user_agent", "me/1");
	assert_int_equal(load_spec(&spec, &load, &result), 0);
	assert_true(has_line(result.value, "User-Agent: me/1\n"));
	assert_true(has_line(result.value, "Accept: text/plain\n"));
	assert_false(has_line(result.value, "X-One"));
	assert_false(has_line(result.value, "s3cret"));
	value_unref(result.value);
}

static void authenticates(void **state)
{
	struct spec spec = spec_of(at(&plain, "{key}?auth=me:p%3Aw"));
	struct load load = load_of("k");
	struct load_result result;
	char url[128], path[256];

	(void)state;
	assert_int_equal(load_spec(&spec, &load, &result), -EACCES);
	write_file("netrc", "machine 127.0.0.1 login me password p:w\n");
	spec_say(&spec, "netrc", in_dir("netrc"));
	check_spec(&spec, "k", "k");
	snprintf(url, sizeof(url),
	         "http://me:p%%3Aw@127.0.0.1:%d/{key}?auth="
	         "me:p%%3Aw",
	         plain.port);
	check_value(url, "k", "k");

	snprintf(path, sizeof(path),
	         "{key}?redirect=http://localhost:%d/x%%3Fheaders", other.port);
	spec.source = at(&plain, path);
	assert_int_equal(load_spec(&spec, &load, &result), 0);
	assert_false(has_line(result.value, "Authorization"));
	value_unref(result.value);
}

static void signs_for_aws(void **state)
{
	struct spec spec = spec_of(at(&plain, "{key}?headers"));
	struct load load = load_of("k");
	struct load_result result;

	(void)state;
	write_file("keys", "[default]\naws_access_key_id = AKID\n"
	                   "aws_secret_access_key = s3cret\n");
	spec_say(&spec, "credentials_file", in_dir("keys"));
	spec_say(&spec, "sigv4", "eu-1");
	assert_int_equal(load_spec(&spec, &load, &result), 0);
	assert_true(has_line(result.value, "Authorization: AWS4-HMAC-SHA256 "
	                                   "Credential=AKID/"));
	assert_true(has_line(result.value,
	                     "/eu-1/s3/aws4_request, SignedHeaders=host;"
	                     "x-amz-content-sha256;x-amz-date, "));
	assert_false(has_line(result.value, "s3cret"));
	value_unref(result.value);
}

static void refuses_bad_settings(void **state)
{
	static const char *const templates[] = {
		"gopher://h/{key}",       "http://h/",
		"http://[::1/{key}",      "http://h:99999/{key}",
		"http://h:x/{key}",       "{key}",
		"file://elsewhere/{key}",
	};
	static const char *const headers[] = {
		"", "x", ": x", "a b: c", "X: a\r\nY: b", "X\n: a"
	};
	struct spec spec;
	struct getter *g;

	(void)state;
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		struct reason why = { "" };

		spec = spec_of(templates[i]);
		if (spec_create(&g, &spec, &why) != -EINVAL || !why.text[0])
			fail_msg("%s: %s", templates[i], why.text);
		assert_null(g);
	}
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		spec = spec_of("http://h/{key}");
		spec_list(&spec, "header", &headers[i], 1);
		assert_int_equal(spec_create(&g, &spec, NULL), -EINVAL);
	}
	spec = spec_of("http://h/{key}");
	spec_say(&spec, "ca_file", "/does/not/exist");
	assert_int_equal(spec_create(&g, &spec, NULL), -EINVAL);
	spec_say(&spec, "ca_file", NULL);
	spec_say(&spec, "header_file", "/does/not/exist");
	assert_int_equal(spec_create(&g, &spec, NULL), -EINVAL);
}

static void revalidates(void **state)
{
	struct spec spec = spec_of(at(&plain, "{key}?etag=auto"));
	struct spec dated = spec_of(
	        at(&plain, "{key}?modified=Sun,+06+Nov+1994+08:49:37+GMT"));
	struct load load = load_of("k");
	struct load_result first, second;
	struct buf bytes;

	(void)state;
	assert_int_equal(load_spec(&spec, &load, &first), 0);
	assert_non_null(first.value->etag);
	load.previous = first.value;
	assert_int_equal(load_spec(&spec, &load, &second), 0);
	assert_ptr_equal(second.value, first.value);
	value_unref(second.value);
	/* Another ETag: another value. */
	spec.source = at(&plain, "{key}?etag=%22x%22");
	assert_int_equal(load_spec(&spec, &load, &second), 0);
	assert_ptr_not_equal(second.value, first.value);
	assert_string_equal(second.value->etag, "\"x\"");
	value_unref(second.value);
	value_unref(first.value);

	load.previous = NULL;
	assert_int_equal(load_spec(&dated, &load, &first), 0);
	assert_string_equal(first.value->last_modified,
	                    "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_int_equal(first.value->mtime_ns,
	                 INT64_C(784111777) * 1000000000);
	load.previous = first.value;
	assert_int_equal(load_spec(&dated, &load, &second), 0);
	assert_ptr_equal(second.value, first.value);
	value_unref(second.value);
	value_unref(first.value);

	/* An ETag is not a place to hide a header. */
	buf_init(&bytes, 10);
	first.value = value_create(
	        &bytes, &(struct value_meta){ .etag = "\"a\"\r\nX-Evil: 1" });
	load.previous = first.value;
	spec.source = at(&plain, "{key}?headers");
	assert_int_equal(load_spec(&spec, &load, &second), 0);
	assert_false(has_line(second.value, "X-Evil"));
	value_unref(second.value);
	value_unref(first.value);
}

static void check_ttl(const char *flags, bool origin, int64_t want)
{
	struct load load = load_of("k");
	struct load_result result;
	struct spec spec;
	char path[256];

	snprintf(path, sizeof(path), "{key}?%s", flags);
	spec = spec_of(at(&plain, path));
	spec.ttl_origin = origin;
	assert_int_equal(load_spec(&spec, &load, &result), 0);
	assert_int_equal(result.ttl_ms, want);
	if (result.value->etag) {
		load.previous = result.value;
		assert_int_equal(load_spec(&spec, &load, &result), 0);
		assert_ptr_equal(result.value, load.previous);
		assert_int_equal(result.ttl_ms, want);
		value_unref(result.value);
	}
	value_unref(result.value);
}

static void obeys_the_origins_ttl(void **state)
{
	(void)state;
	check_ttl("cc=max-age%3D60", false, TTL_DEFAULT);
	check_ttl("cc=max-age%3D60&age=20&etag=%22e%22", true, 40000);
	check_ttl("cc=max-age%3D60,+s-maxage%3D5", true, 5000);
	check_ttl("cc=no-store", true, 0);
	check_ttl("etag=%22e%22", true, 0);
	check_ttl("modified=Sun,+06+Nov+1994+08:49:37+GMT&etag=%22e%22", true,
	          86400000);
	check_ttl("expires=Sun,+06+Nov+1994+08:49:37+GMT", true, 0);
}

static void keeps_bytes_as_they_are(void **state)
{
	struct spec spec = spec_of(at(&plain, "{key}?gzip"));
	struct load load = load_of("k");
	struct load_result result;

	(void)state;
	assert_int_equal(load_spec(&spec, &load, &result), 0);
	assert_true(result.value->size > 2);
	assert_memory_equal(result.value->bytes, "\x1f\x8b", 2);
	value_unref(result.value);
}

/* Cancels a load once the origin has seen it, and times the end. */
struct victim {
	struct getter *g;
	struct load load;
	struct load_result result;
	int err;
};

static void *victim_thread(void *arg)
{
	struct victim *v = arg;

	v->err = getter_get(v->g, &v->load, &v->result);
	return NULL;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void check_cancel(const char *path)
{
	struct spec spec = spec_of(at(&plain, path));
	struct victim v = { .load = load_of("k") };
	pthread_t thread;
	int cancel[2];
	int64_t start;

	spec_say(&spec, "retries", "99");
	ask("_reset");
	assert_int_equal(pipe2(cancel, O_CLOEXEC), 0);
	v.g = make(&spec);
	v.load.cancel_fd = cancel[0];
	assert_int_equal(pthread_create(&thread, NULL, victim_thread, &v), 0);
	while (ask("_count/k") == 0)
		poll(NULL, 0, 5);
	start = now_ms();
	assert_int_equal(write(cancel[1], "x", 1), 1);
	pthread_join(thread, NULL);
	/* Less than the shortest of what it would wait for. */
	assert_in_range(now_ms() - start, 0, 4500);
	assert_int_equal(v.err, -ECANCELED);
	assert_null(v.result.value);
	getter_unref(v.g);
	close(cancel[0]);
	close(cancel[1]);
}

static void cancels_at_once(void **state)
{
	(void)state;
	check_cancel("{key}?stall=headers");
	check_cancel("{key}?stall=body&size=1000");
	check_cancel("{key}?drip=0.01&size=100000");
	check_cancel("{key}?delay=1000");
	check_cancel("{key}?status=503&retry_after=5");
	check_cancel("{key}?reset");
}

static int fds_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void *many_thread(void *arg)
{
	struct getter *g = arg;
	const void *wrong = NULL;

	for (int i = 0; i < 50 && !wrong; i++) {
		char key[32];
		struct load load;
		struct load_result result;

		snprintf(key, sizeof(key), "%p-%d", (void *)&load, i);
		load = load_of(key);
		if (getter_get(g, &load, &result) ||
		    result.value->size != strlen(key) ||
		    memcmp(result.value->bytes, key, strlen(key)) != 0)
			wrong = "wrong";
		value_unref(result.value);
	}
	getter_unref(g);
	return (void *)wrong;
}

static void runs_many_at_once(void **state)
{
	struct spec spec = spec_of(at(&plain, "{key}"));
	int before = fds_open();
	struct getter *g = make(&spec);
	pthread_t threads[16];

	(void)state;
	ask("_reset");
	for (int i = 0; i < 16; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_thread,
		                                getter_ref(g)),
		                 0);
	for (int i = 0; i < 16; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	/* 800 requests over 16 connections at most, and ours to ask. */
	assert_int_equal(ask("_count"), 800);
	assert_in_range(ask("_open"), 1, 20);
	getter_unref(g);
	assert_int_equal(fds_open(), before);
}

static void one_thread_uses_one_connection(void **state)
{
	struct spec spec = spec_of(at(&plain, "{key}"));
	struct getter *g = make(&spec);
	struct load load = load_of("k");
	struct load_result result;

	(void)state;
	ask("_reset");
	for (int i = 0; i < 20; i++) {
		assert_int_equal(getter_get(g, &load, &result), 0);
		value_unref(result.value);
	}
	assert_int_equal(ask("_open"), 2); /* and the one that asks */
	getter_unref(g);
}

static void checks_certificates(void **state)
{
	struct spec spec = spec_of(at(&tls, "{key}"));
	struct load load = load_of("k");
	struct load_result result;

	(void)state;
	assert_int_equal(load_spec(&spec, &load, &result), -EIO);
	assert_non_null(strstr(result.why.text, "certificate"));
	spec_say(&spec, "ca_file", in_dir("ca.pem"));
	check_spec(&spec, "k", "k");
	spec_say(&spec, "ca_file", NULL);
	spec_say(&spec, "insecure", "yes");
	check_spec(&spec, "k", "k");

	/* The origin wants to see ours. */
	spec = spec_of(at(&mutual, "{key}"));
	spec_say(&spec, "ca_file", in_dir("ca.pem"));
	assert_int_equal(load_spec(&spec, &load, &result), -EIO);
	spec_say(&spec, "cert_file", in_dir("server.pem"));
	spec_say(&spec, "key_file", in_dir("server.key"));
	check_spec(&spec, "k", "k");
}

static void goes_through_a_proxy(void **state)
{
	struct spec spec = spec_of("http://no.such.host.invalid/{key}");
	char proxy[64];

	(void)state;
	/* To a proxy the path is the whole URL, which the origin echoes
	 * without its first byte. */
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", plain.port);
	spec_say(&spec, "proxy", proxy);
	check_spec(&spec, "k", "ttp://no.such.host.invalid/k");
	spec_say(&spec, "proxy", NULL);
	setenv("http_proxy", proxy, 1);
	check_spec(&spec, "k", "ttp://no.such.host.invalid/k");
	unsetenv("http_proxy");
}

static void gives_up_connecting(void **state)
{
	/* A listener whose queue is full answers no more connections. */
	struct sockaddr_in addr = { .sin_family = AF_INET,
		                    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0), full[4];
	char url[64];
	struct spec spec = spec_of(url);
	struct load load = load_of("k");
	struct load_result result;
	int64_t start;

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(listener, 0), 0);
	getsockname(listener, (struct sockaddr *)&addr, &len);
	for (int i = 0; i < 4; i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(full[i], (struct sockaddr *)&addr, len);
	}
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/{key}",
	         ntohs(addr.sin_port));
	spec_say(&spec, "connect_timeout", "200ms");
	start = now_ms();
	assert_int_equal(load_spec(&spec, &load, &result), -EIO);
	/* Before the kernel does, or the default. */
	assert_in_range(now_ms() - start, 190, 9000);
	assert_non_null(strcasestr(result.why.text, "timeout"));
	for (int i = 0; i < 4; i++)
		close(full[i]);
	close(listener);
}

static const char *file_url(const char *path)
{
	static char url[256];

	snprintf(url, sizeof(url), "file://%s/%s", dir, path);
	return url;
}

static void reads_files(void **state)
{
	struct spec spec = spec_of(file_url("d/{+key}"));
	struct load load = load_of("a b");
	struct load_result first, second;
	struct timespec times[2] = { { 1000, 5 }, { 1000, 5 } };

	(void)state;
	mkdir(in_dir("d"), 0755);
	mkdir(in_dir("d/sub"), 0755);
	write_file("outside", "secret");
	write_file("d/a b", "hello");
	write_file("d/q?#", "odd");
	write_file("d/empty", "");
	utimensat(AT_FDCWD, in_dir("d/a b"), times, 0);

	assert_int_equal(load_spec(&spec, &load, &first), 0);
	assert_memory_equal(first.value->bytes, "hello", 5);
	assert_int_equal(first.value->mtime_ns, INT64_C(1000000000005));
	load.previous = first.value;
	assert_int_equal(load_spec(&spec, &load, &second), 0);
	assert_ptr_equal(second.value, first.value);
	value_unref(second.value);
	write_file("d/a b", "later");
	assert_int_equal(load_spec(&spec, &load, &second), 0);
	assert_memory_equal(second.value->bytes, "later", 5);
	value_unref(second.value);
	value_unref(first.value);

	check_spec(&spec, "q?#", "odd");
	check_spec(&spec, "empty", "");
	spec.source = file_url("{key}");
	check_spec(&spec, "d/q?#", "odd");
}

static void check_file_error(const char *key, size_t len, int err,
                             const char *why)
{
	struct spec spec = spec_of(file_url("d/{+key}"));
	struct load load = load_of("");
	struct load_result result;

	load.key = key_of(key, len);
	load.max_value = 4;
	if (load_spec(&spec, &load, &result) != err ||
	    !strstr(result.why.text, why))
		fail_msg("%s: %s", key, result.why.text);
}

static void tells_why_a_file_failed(void **state)
{
	char big[300];

	(void)state;
	memset(big, 'x', sizeof(big));
	mkfifo(in_dir("d/fifo"), 0644);
	check_file_error("none", 4, -ENOENT, "No such file");
	check_file_error("a b/x", 5, -ENOENT, "Not a directory");
	check_file_error("a\0b", 3, -ENOENT, "NUL");
	check_file_error(big, sizeof(big), -ENOENT, "name too long");
	check_file_error("sub", 3, -ENOENT, "is a directory");
	check_file_error("", 0, -ENOENT, "is a directory");
	check_file_error("fifo", 4, -EIO, "not a regular file");
	check_file_error("a b", 3, -EFBIG, "larger than 4 bytes");
	check_file_error("../outside", 10, -ENOENT, "leads out");
	check_file_error("%2e%2e/outside", 14, -ENOENT, "leads out");
	check_file_error("sub%2f..%2f..%2foutside", 23, -ENOENT, "leads out");
	if (geteuid() != 0) {
		chmod(in_dir("d/a b"), 0);
		check_file_error("a b", 3, -EACCES, "Permission denied");
	}
}

static void reads_ftp(void **state)
{
	struct spec spec = spec_of(at(&ftp, "f/{+key}"));
	struct load load = load_of("a");
	struct load_result result;
	char url[128];

	(void)state;
	mkdir(in_dir("f"), 0755);
	write_file("f/a", "from ftp");
	write_file("f/b.cut", "to be cut");
	assert_int_equal(load_spec(&spec, &load, &result), 0);
	assert_int_equal(result.value->size, 8);
	assert_memory_equal(result.value->bytes, "from ftp", 8);
	assert_true(result.value->mtime_ns < result.value->loaded_ns);
	value_unref(result.value);
	load.max_value = 7;
	assert_int_equal(load_spec(&spec, &load, &result), -EFBIG);

	check_error(at(&ftp, "f/none{key}"), 0, -ENOENT, "ftp://127.0.0.1:");
	check_error(at(&ftp, "f/{key}/"), 0, -ENOENT, "a directory");
	check_error(at(&ftp, "f/a;type={key};type=d"), 0, -ENOENT,
	            "a directory");
	snprintf(url, sizeof(url), "ftp://u:wrong@127.0.0.1:%d/f/{key}",
	         ftp.port);
	check_error(url, 0, -EACCES, "denied");
	load = load_of("b.cut");
	assert_int_equal(load_spec(&spec, &load, &result), -EIO);
}

static void describes_without_secrets(void **state)
{
	struct spec spec = spec_of("http://u:p@h/{key}?a=b@c");
	struct getter *g = make(&spec);

	(void)state;
	assert_string_equal(getter_describe(g), "url: http://h/{key}?a=b@c");
	getter_unref(g);
	spec = (struct spec){ .ops = getter_ops_find("command") };
	spec.source = "curl http://u@h/{key}";
	g = make(&spec);
	assert_string_equal(getter_describe(g),
	                    "command: curl http://u@h/{key}");
	getter_unref(g);
	assert_null(getter_ops_find("nothing"));
}

/* Would getters made of the two be the same? */
static bool same(const struct spec *a, const struct spec *b)
{
	struct getter *x = make(a), *y = make(b);
	bool equal = getter_equal(x, y);

	getter_unref(x);
	getter_unref(y);
	return equal;
}

static void compares_getters(void **state)
{
	static const char *const one[] = { "A: 1" }, *const two[] = { "A: 2" };
	struct spec a = spec_of("http://h/{key}"), b = a;

	(void)state;
	assert_true(same(&a, &b));
	spec_list(&b, "header", one, 1);
	assert_false(same(&a, &b));
	spec_list(&a, "header", two, 1);
	assert_false(same(&a, &b));
	spec_list(&a, "header", one, 1);
	assert_true(same(&a, &b));
	spec_say(&b, "netrc", "/dev/null");
	assert_false(same(&a, &b));
	b = a;
	spec_say(&b, "retries", "7");
	assert_false(same(&a, &b));
	b = a;
	b.ttl_origin = true;
	assert_false(same(&a, &b));
	b = a;
	b.source = "http://h/{+key}";
	assert_false(same(&a, &b));
	b = (struct spec){ .ops = getter_ops_find("command") };
	b.source = a.source;
	assert_false(same(&a, &b));
	a = b;
	assert_true(same(&a, &b));
	spec_say(&b, "not_found_exit", "2");
	assert_false(same(&a, &b));
}

/* A CA, and a certificate for 127.0.0.1 that serves both sides. */
static int make_certificates(void)
{
	char line[1024];

	snprintf(line, sizeof(line),
	         "cd %s && exec 2>/dev/null && "
	         "openssl req -x509 -newkey rsa:2048 -nodes -days 2 "
	         "-subj /CN=ca -keyout ca.key -out ca.pem && "
	         "openssl req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 "
	         "-keyout server.key -out server.csr && "
	         "echo subjectAltName=IP:127.0.0.1 >ext && "
	         "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key "
	         "-CAcreateserial -days 2 -extfile ext -out server.pem",
	         dir);
	return system(line);
}

static int setup(void **state)
{
	char cert[128], key[128], ca[128];
	char *const with_tls[] = { (char *)"--cert", cert, (char *)"--key", key,
		                   NULL };
	char *const with_ca[] = { (char *)"--cert",
		                  cert,
		                  (char *)"--key",
		                  key,
		                  (char *)"--client-ca",
		                  ca,
		                  NULL };

	(void)state;
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("all_proxy");
	if (!mkdtemp(dir) || make_certificates())
		return -1;
	snprintf(cert, sizeof(cert), "%s/server.pem", dir);
	snprintf(key, sizeof(key), "%s/server.key", dir);
	snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
	server_start(&plain, ORIGIN, NULL);
	server_start(&other, ORIGIN, NULL);
	server_start(&tls, ORIGIN, with_tls);
	server_start(&mutual, ORIGIN, with_ca);
	server_start(&ftp, "tests/helpers/ftpd.py",
	             (char *const[]){ dir, NULL });
	return 0;
}

static int teardown(void **state)
{
	char line[64];

	(void)state;
	server_stop(&plain);
	server_stop(&other);
	server_stop(&tls);
	server_stop(&mutual);
	server_stop(&ftp);
	snprintf(line, sizeof(line), "rm -rf %s", dir);
	return system(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_bodies),
		cmocka_unit_test(maps_statuses),
		cmocka_unit_test(repeats_what_may_pass),
		cmocka_unit_test(refuses_truncated_bodies),
		cmocka_unit_test(tells_what_is_unreachable),
		cmocka_unit_test(limits_bodies_while_reading),
		cmocka_unit_test(believes_no_length),
		cmocka_unit_test(follows_only_the_web),
		cmocka_unit_test(sends_headers),
		cmocka_unit_test(authenticates),
		cmocka_unit_test(signs_for_aws),
		cmocka_unit_test(refuses_bad_settings),
		cmocka_unit_test(revalidates),
		cmocka_unit_test(obeys_the_origins_ttl),
		cmocka_unit_test(keeps_bytes_as_they_are),
		cmocka_unit_test(cancels_at_once),
		cmocka_unit_test(runs_many_at_once),
		cmocka_unit_test(one_thread_uses_one_connection),
		cmocka_unit_test(checks_certificates),
		cmocka_unit_test(goes_through_a_proxy),
		cmocka_unit_test(gives_up_connecting),
		cmocka_unit_test(reads_files),
		cmocka_unit_test(tells_why_a_file_failed),
		cmocka_unit_test(reads_ftp),
		cmocka_unit_test(describes_without_secrets),
		cmocka_unit_test(compares_getters),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
