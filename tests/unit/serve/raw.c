/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of a value, and the requests that depend on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api_client.h"

#include "net/date.h"
#include "serve/conditional.h"

#define PING   "/v1/hello/ping"
#define TAGGED "/v1/hello/tagged"
#define WEAK   "/v1/hello/weak"
#define DATE   "Sun, 06 Nov 1994 08:49:37 GMT"
/* Of "v:ping". */
#define PING_TAG "\"" PING_SHA "\""
#define PING_SHA \
	"78263553de39a8a2c77f59f63ebe060ed510dcf811e9d2aa1aec065a82b831e1"

static void expect_header(const struct served *s, const char *path,
                          const char *name, const char *value)
{
	struct reply r = fetch_with(s, "GET", path, "");

	assert_int_equal(r.status, 200);
	assert_string_equal(header_of(&r, name), value);
	reply_release(&r);
}

static void test_etag(void **state)
{
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	expect_header(&s, TAGGED, "ETag", "\"v1\"");
	/* A weak one of the origin does not do for ranges. */
	r = fetch_with(&s, "GET", WEAK, "");
	assert_true(etag_is_strong(header_of(&r, "ETag")));
	reply_release(&r);
	/* The same bytes have the same tag. */
	expect_header(&s, PING, "ETag", PING_TAG);
	assert_int_equal(status_with(&s, "DELETE", PING, ""), 204);
	expect_header(&s, PING, "ETag", PING_TAG);
	expect_header(&s, "/v1/brief/ping", "ETag", PING_TAG);
	close_door(&s);
}

static void test_freshness(void **state)
{
	struct served s;
	struct reply r;
	int seconds;

	(void)state;
	open_door(&s);
	expect_header(&s, PING, "Cache-Control", "no-cache");
	r = fetch_with(&s, "GET", PING, "");
	assert_int_equal(sscanf(header_of(&r, "Age"), "%d", &seconds), 1);
	assert_in_range(seconds, 0, 10);
	reply_release(&r);
	expect_header(&s, TAGGED, "Last-Modified", DATE);
	r = fetch_with(&s, "GET", "/v1/brief/ping", "");
	assert_int_equal(
	        sscanf(header_of(&r, "Cache-Control"), "max-age=%d", &seconds),
	        1);
	assert_in_range(seconds, 3590, 3600);
	assert_int_equal(strlen(header_of(&r, "Last-Modified")),
	                 HTTP_DATE_MAX - 1);
	reply_release(&r);
	close_door(&s);
}

static void expect_part(const struct served *s, const char *header,
                        const char *body, const char *content_range)
{
	struct reply r = fetch_with(s, "GET", TAGGED, header);

	assert_int_equal(r.status, *content_range ? 206 : 200);
	assert_string_equal(r.body, body);
	assert_string_equal(header_of(&r, "Content-Range"), content_range);
	reply_release(&r);
}

/* The value is "v:tagged". */
static void test_ranges(void **state)
{
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	expect_part(&s, "Range: bytes=0-1\r\n", "v:", "bytes 0-1/8");
	expect_part(&s, "Range: bytes=2-\r\n", "tagged", "bytes 2-7/8");
	expect_part(&s, "Range: bytes=-3\r\n", "ged", "bytes 5-7/8");
	expect_part(&s, "Range: bytes=7-7\r\n", "d", "bytes 7-7/8");
	expect_part(&s, "Range: bytes=0-99\r\n", "v:tagged", "bytes 0-7/8");
	expect_part(&s, "Range: bytes=0-1,3-4\r\n", "v:tagged", "");
	expect_part(&s, "Range: lines=0-1\r\n", "v:tagged", "");
	expect_part(&s, "Range: bytes=0-1\r\nIf-Range: \"v1\"\r\n",
	            "v:", "bytes 0-1/8");
	expect_part(&s, "Range: bytes=0-1\r\nIf-Range: \"v2\"\r\n", "v:tagged",
	            "");
	expect_part(&s, "Range: bytes=0-1\r\nIf-Range: " DATE "\r\n",
	            "v:tagged", "");
	r = fetch_with(&s, "GET", TAGGED, "Range: bytes=8-\r\n");
	assert_int_equal(r.status, 416);
	assert_string_equal(header_of(&r, "Content-Range"), "bytes */8");
	assert_string_equal(r.body, "{\"error\":\"no such range\"}");
	reply_release(&r);
	r = fetch_with(&s, "HEAD", TAGGED, "Range: bytes=0-1\r\n");
	assert_int_equal(r.status, 200);
	assert_string_equal(header_of(&r, "Content-Length"), "8");
	reply_release(&r);
	r = fetch_with(&s, "GET", "/v1/hello/empty", "Range: bytes=0-\r\n");
	assert_int_equal(r.status, 200);
	assert_int_equal(r.len, 0);
	reply_release(&r);
	close_door(&s);
}

static void test_large_ranges(void **state)
{
	static const struct {
		const char *header;
		size_t from, len;
	} ranges[] = {
		{ "Range: bytes=1-5000000\r\n", 1, 5000000 },
		{ "Range: bytes=8388000-\r\n", 8388000, LARGE - 8388000 },
		{ "Range: bytes=-100000\r\n", LARGE - 100000, 100000 },
		{ "Range: bytes=4096-4096\r\n", 4096, 1 },
	};
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		r = fetch_with(&s, "GET", "/v1/hello/large", ranges[i].header);
		assert_int_equal(r.status, 206);
		assert_int_equal(r.len, ranges[i].len);
		for (size_t n = 0; n < r.len; n++)
			if (r.body[n] != large_byte(ranges[i].from + n))
				fail_msg("byte %zu is wrong", n);
		reply_release(&r);
	}
	close_door(&s);
}

static void test_conditions(void **state)
{
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	r = fetch_with(&s, "GET", TAGGED, "If-None-Match: \"v0\", \"v1\"\r\n");
	assert_int_equal(r.status, 304);
	assert_string_equal(header_of(&r, "ETag"), "\"v1\"");
	assert_string_equal(header_of(&r, "Last-Modified"), DATE);
	assert_string_equal(header_of(&r, "Cache-Control"), "no-cache");
	assert_string_equal(header_of(&r, "Content-Type"), "");
	reply_release(&r);
	assert_int_equal(
	        status_with(&s, "HEAD", TAGGED, "If-None-Match: *\r\n"), 304);
	assert_int_equal(
	        status_with(&s, "GET", TAGGED, "If-None-Match: W/\"v1\"\r\n"),
	        304);
	assert_int_equal(
	        status_with(&s, "GET", TAGGED, "If-None-Match: \"v2\"\r\n"),
	        200);
	assert_int_equal(status_with(&s, "GET", TAGGED,
	                             "If-Modified-Since: " DATE "\r\n"),
	                 304);
	assert_int_equal(
	        status_with(&s, "GET", TAGGED,
	                    "If-Modified-Since: Sat, 05 Nov 1994 08:49:37 "
	                    "GMT\r\n"),
	        200);
	assert_int_equal(status_with(&s, "GET", TAGGED,
	                             "If-None-Match: \"v2\"\r\n"
	                             "If-Modified-Since: " DATE "\r\n"),
	                 200);
	assert_int_equal(status_with(&s, "GET", TAGGED, "If-Match: \"v2\"\r\n"),
	                 412);
	assert_int_equal(status_with(&s, "GET", TAGGED,
	                             "If-Match: \"v1\"\r\nRange: "
	                             "bytes=0-1\r\n"),
	                 206);
	/* No such key is no such key. */
	assert_int_equal(status_with(&s, "GET", "/v1/hello/missing",
	                             "If-None-Match: *\r\n"),
	                 404);
	close_door(&s);
}

/* 304 and 204 leave the connection in step. */
static void test_keep_alive(void **state)
{
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	open_door(&s);
	fd = dial(&s);
	for (int i = 0; i < 20; i++) {
		ask_with(fd, "GET", TAGGED, "If-None-Match: *\r\n");
		assert_true(hear(fd, &r, false));
		assert_int_equal(r.status, 304);
		ask(fd, "DELETE", "/v1/hello/x");
		assert_true(hear(fd, &r, false));
		assert_int_equal(r.status, 204);
		ask_with(fd, "GET", TAGGED, "Range: bytes=99-\r\n");
		assert_true(hear(fd, &r, false));
		assert_int_equal(r.status, 416);
		reply_release(&r);
		ask(fd, "GET", TAGGED);
		assert_true(hear(fd, &r, false));
		assert_string_equal(r.body, "v:tagged");
		reply_release(&r);
	}
	close(fd);
	close_door(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_etag),
		cmocka_unit_test(test_freshness),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_large_ranges),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_keep_alive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
