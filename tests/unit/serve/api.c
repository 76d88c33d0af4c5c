/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: each line of api.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api_client.h"

#include "lib/json.h"

#define JSON "application/json"

static void expect_error(const struct served *s, const char *method,
                         const char *path, int status, const char *text)
{
	char body[512];
	struct reply r;

	fetch(s, method, path, &r);
	assert_int_equal(r.status, status);
	assert_string_equal(header_of(&r, "Content-Type"), JSON);
	assert_string_equal(header_of(&r, "X-Content-Type-Options"), "nosniff");
	snprintf(body, sizeof(body), "{\"error\":\"%s\"}", text);
	assert_string_equal(r.body, body);
	reply_release(&r);
}

/* ---- values ---- */

static void test_json(void **state)
{
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	fetch(&s, "GET", "/hello?key=ping", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(header_of(&r, "Content-Type"), JSON);
	assert_string_equal(r.body, "{\"ping\":\"v:ping\"}");
	reply_release(&r);
	expect(&s, "GET", "/hello?key=empty", 200, "{\"empty\":\"\"}");
	expect(&s, "GET", "/hello?key=a+b%2Bc%26d%3d", 200,
	       "{\"a b+c\\u0026d=\":\"v:a b+c\\u0026d=\"}");
	expect(&s, "GET", "/hello?x=1&key=a&key=b", 200, "{\"a\":\"v:a\"}");
	expect(&s, "GET", "/hello?key=%ff%00", 200,
	       "{\"\\ufffd\\u0000\":\"v:\\ufffd\\u0000\"}");
	expect(&s, "GET", "/%25%2b?key=a/b", 200, "{\"a/b\":\"v:a/b\"}");
	expect(&s, "GET", "/%25+?key=a", 200, "{\"a\":\"v:a\"}");
	close_door(&s);
}

static void test_json_errors(void **state)
{
	struct served s;

	(void)state;
	open_door(&s);
	expect_error(&s, "GET", "/hello", 400, "no key: /GROUP?key=KEY");
	expect_error(&s, "GET", "/hello?key", 400, "no key: /GROUP?key=KEY");
	expect_error(&s, "GET", "/hello?key=", 400, "no key: /GROUP?key=KEY");
	expect_error(&s, "GET", "/hello?k=x", 400, "no key: /GROUP?key=KEY");
	expect_error(&s, "GET", "/hello?key=%4", 400, "bad percent-encoding");
	expect_error(&s, "GET", "/h%zz?key=a", 400, "bad percent-encoding");
	expect_error(&s, "GET", "/nope?key=a", 404, "no such group");
	expect_error(&s, "GET", "/hello%00?key=a", 404, "no such group");
	expect_error(&s, "GET", "/hello/?key=a", 404, "not found");
	expect_error(&s, "GET", "/hello/a?key=a", 404, "not found");
	expect_error(&s, "GET", "/hello?key=missing", 404, "no such key");
	expect_error(&s, "DELETE", "/hello?key=a", 405, "method not allowed");
	close_door(&s);
}

static void test_raw(void **state)
{
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	fetch(&s, "GET", "/v1/hello/ping", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, "v:ping");
	assert_string_equal(header_of(&r, "Content-Type"),
	                    "application/octet-stream");
	assert_string_equal(header_of(&r, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(header_of(&r, "Accept-Ranges"), "bytes");
	assert_string_equal(header_of(&r, "Access-Control-Allow-Origin"), "");
	reply_release(&r);
	expect(&s, "GET", "/v1/hello/ping", 200, "v:ping");
	assert_int_equal(loads, 1);
	expect(&s, "GET", "/v1/hello/a/b//c/../d/", 200, "v:a/b//c/../d/");
	expect(&s, "GET", "/v1/hello/a+b%2Bc%20d%2fe%25", 200, "v:a+b+c d/e%");
	expect(&s, "GET", "/v1/hello//", 200, "v:/");
	expect(&s, "GET", "/v1/hello/x?y=z", 200, "v:x");
	expect(&s, "GET", "/v1/%25%2b/x", 200, "v:x");
	expect(&s, "GET", "/v1/%25+/x", 200, "v:x");
	expect(&s, "GET", "/v1/metrics/x", 200, "v:x");
	expect(&s, "GET", "/v1/v1/x", 200, "v:x");
	expect(&s, "GET", "/v1/hello/empty", 200, "");
	fetch(&s, "GET", "/v1/hello/%00%ff", &r);
	assert_int_equal(r.len, 4);
	assert_memory_equal(r.body, "v:\0\xff", 4);
	reply_release(&r);
	close_door(&s);
}

static void test_failures(void **state)
{
	struct served s;

	(void)state;
	open_door(&s);
	expect_error(&s, "GET", "/v1/hello/missing", 404, "no such key");
	expect_error(&s, "GET", "/v1/hello/denied", 403, "access denied");
	expect_error(&s, "GET", "/v1/hello/big", 502, "value too large");
	expect_error(&s, "GET", "/v1/hello/late", 504, "load timed out");
	expect_error(&s, "GET", "/v1/hello/fail", 502, "load failed");
	expect_error(&s, "GET", "/v1/nope/a", 404, "no such group");
	expect_error(&s, "GET", "/v1/hello%00/a", 404, "no such group");
	expect_error(&s, "GET", "/v1/hello/", 400, "no key: /v1/GROUP/KEY");
	expect_error(&s, "GET", "/v1/hello/%g0", 400, "bad percent-encoding");
	expect_error(&s, "GET", "/v1/hello/%", 400, "bad percent-encoding");
	expect_error(&s, "GET", "/v1//a", 404, "no such group");
	expect_error(&s, "GET", "/v1/", 404, "no such group");
	expect_error(&s, "GET", "/v1", 404, "not found");
	expect_error(&s, "GET", "/.dreamfs/nope", 404, "no such report");
	expect_error(&s, "GET", "/a/b", 404, "not found");
	close_door(&s);
}

static void expect_large(const struct served *s, const char *path, size_t size)
{
	struct reply r;

	for (int i = 0; i < 3; i++) {
		fetch(s, "GET", path, &r);
		assert_int_equal(r.len, size);
		for (size_t n = 0; n < size; n++)
			if (r.body[n] != large_byte(n))
				fail_msg("byte %zu is wrong", n);
		assert_int_equal(strlen(header_of(&r, "ETag")), 66);
		reply_release(&r);
	}
}

/* What is large is made elsewhere, and is the same. */
static void test_large(void **state)
{
	static const char begin[] = "{\"middle\":", end[] = "}";
	char value[MIDDLE];
	struct served s;
	struct reply r;
	struct buf json;

	(void)state;
	open_door(&s);
	expect_large(&s, "/v1/hello/large", LARGE);
	expect_large(&s, "/v1/hello/middle", MIDDLE);
	for (size_t n = 0; n < MIDDLE; n++)
		value[n] = large_byte(n);
	buf_init(&json, 7 * MIDDLE);
	assert_int_equal(buf_puts(&json, begin), 0);
	assert_int_equal(json_string(&json, value, MIDDLE), 0);
	assert_int_equal(buf_puts(&json, end), 0);
	fetch(&s, "GET", "/hello?key=middle", &r);
	assert_int_equal(r.len, json.len);
	assert_memory_equal(r.body, json.data, json.len);
	reply_release(&r);
	buf_release(&json);
	close_door(&s);
}

static void test_head(void **state)
{
	static const char *const paths[][2] = {
		{ "/v1/hello/ping", "6" },
		{ "/hello?key=ping", "17" },
		{ "/v1/hello/missing", "23" },
		{ "/healthz", "9" },
	};
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	open_door(&s);
	fd = dial(&s);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		ask(fd, "HEAD", paths[i][0]);
		assert_true(hear(fd, &r, true));
		assert_string_equal(header_of(&r, "Content-Length"),
		                    paths[i][1]);
		reply_release(&r);
	}
	ask(fd, "HEAD", "/");
	assert_true(hear(fd, &r, true));
	assert_int_equal(r.status, 200);
	reply_release(&r);
	ask(fd, "GET", "/v1/hello/ping");
	assert_true(hear(fd, &r, false));
	assert_string_equal(r.body, "v:ping");
	reply_release(&r);
	close(fd);
	close_door(&s);
}

/* Replies come in the order of the requests, hits and misses mixed. */
static void test_pipelining(void **state)
{
	char path[64], want[32];
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	open_door(&s);
	fd = dial(&s);
	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof(path),
		         i % 2 ? "/v1/hello/k%d" : "/hello?key=k%d", i % 7);
		ask(fd, "GET", path);
	}
	for (int i = 0; i < 30; i++) {
		snprintf(want, sizeof(want),
		         i % 2 ? "v:k%d" : "{\"k%d\":\"v:k%d\"}", i % 7, i % 7);
		assert_true(hear(fd, &r, false));
		assert_string_equal(r.body, want);
		reply_release(&r);
	}
	close(fd);
	close_door(&s);
}

/* ---- invalidating ---- */

static void test_delete(void **state)
{
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	expect(&s, "GET", "/v1/hello/a%2fb", 200, "v:a/b");
	fetch(&s, "DELETE", "/v1/hello/a/b", &r);
	assert_int_equal(r.status, 204);
	assert_string_equal(header_of(&r, "Content-Length"), "");
	reply_release(&r);
	suffix = "2";
	expect(&s, "GET", "/v1/hello/a/b", 200, "v:a/b2");
	expect(&s, "GET", "/v1/brief/c", 200, "v:c2");
	/* not held: all the same */
	assert_int_equal(status_with(&s, "DELETE", "/v1/hello/never", ""), 204);
	expect_error(&s, "DELETE", "/v1/nope/a", 404, "no such group");
	expect_error(&s, "DELETE", "/v1/hello/%", 400, "bad percent-encoding");
	/* somebody forgot the key */
	expect_error(&s, "DELETE", "/v1/hello/", 400, "no key: /v1/GROUP/KEY");
	suffix = "3";
	expect(&s, "GET", "/v1/hello/a/b", 200, "v:a/b2");
	assert_int_equal(status_with(&s, "DELETE", "/v1/hello", ""), 204);
	expect(&s, "GET", "/v1/hello/a/b", 200, "v:a/b3");
	expect(&s, "GET", "/v1/brief/c", 200, "v:c2");
	close_door(&s);
}

static void test_refresh(void **state)
{
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	expect(&s, "GET", "/v1/hello/a", 200, "v:a");
	suffix = "2";
	expect(&s, "GET", "/v1/hello/a", 200, "v:a");
	r = fetch_with(&s, "GET", "/v1/hello/a", "Cache-Control: no-cache\r\n");
	assert_string_equal(r.body, "v:a2");
	reply_release(&r);
	close_door(&s);
}

static void test_methods(void **state)
{
	static const char *const others[] = { "POST", "PUT", "OPTIONS", "PATCH",
		                              "PROPFIND" };
	static const char *const paths[][2] = {
		{ "/v1/hello/a", "GET, HEAD, DELETE" },
		{ "/v1/hello", "GET, HEAD, DELETE" },
		{ "/hello?key=a", "GET, HEAD" },
		{ "/metrics", "GET, HEAD" },
		{ "/.dreamfs/stats", "GET, HEAD" },
		{ "/", "GET, HEAD" },
	};
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		for (size_t n = 0; n < sizeof(paths) / sizeof(*paths); n++) {
			fetch(&s, others[i], paths[n][0], &r);
			assert_int_equal(r.status, 405);
			assert_string_equal(header_of(&r, "Allow"),
			                    paths[n][1]);
			reply_release(&r);
		}
	fetch(&s, "GET", "/v1/hello", &r);
	assert_int_equal(r.status, 405);
	assert_string_equal(header_of(&r, "Allow"), "DELETE");
	reply_release(&r);
	assert_int_equal(loads, 0);
	close_door(&s);
}

/* ---- what there is beside values ---- */

static void test_health(void **state)
{
	struct served s;

	(void)state;
	open_door(&s);
	expect(&s, "GET", "/healthz", 503, "starting\n");
	expect(&s, "GET", "/v1/hello/a", 200, "v:a");
	api_serve(api);
	expect(&s, "GET", "/healthz", 200, "ok\n");
	api_drain(api);
	expect(&s, "GET", "/healthz", 503, "draining\n");
	api_serve(api);
	expect(&s, "GET", "/healthz", 503, "draining\n");
	expect(&s, "GET", "/v1/hello/a", 200, "v:a");
	close_door(&s);
}

static void test_reports(void **state)
{
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	expect(&s, "GET", "/.dreamfs/version", 200, DREAMFS_VERSION "\n");
	fetch(&s, "GET", "/.dreamfs/", &r);
	assert_non_null(strstr(r.body, "stats\n"));
	assert_non_null(strstr(r.body, "metrics\n"));
	for (char *name = r.body; *name; name += strlen(name) + 1) {
		char path[64];

		*strchr(name, '\n') = '\0';
		snprintf(path, sizeof(path), "/.dreamfs/%s", name);
		assert_int_equal(status_with(&s, "GET", path, ""), 200);
	}
	reply_release(&r);
	fetch(&s, "GET", "/metrics", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(header_of(&r, "Content-Type"),
	                    "text/plain; version=0.0.4; charset=utf-8");
	assert_non_null(strstr(r.body, "dreamfs_gets_total{group=\"v1\"} 0\n"));
	reply_release(&r);
	fetch(&s, "GET", "/.dreamfs/stats", &r);
	assert_string_equal(header_of(&r, "Content-Type"),
	                    "text/plain; charset=utf-8");
	assert_string_equal(header_of(&r, "Cache-Control"), "no-store");
	reply_release(&r);
	close_door(&s);
}

static void test_page(void **state)
{
	struct served s;
	struct reply r;

	(void)state;
	open_door(&s);
	fetch(&s, "GET", "/", &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(header_of(&r, "Content-Type"),
	                    "text/html; charset=utf-8");
	assert_int_equal(strncmp(r.body, "<!doctype html>\n", 16), 0);
	assert_int_equal(strncmp(header_of(&r, "Content-Security-Policy"),
	                         "default-src 'none'; ", 20),
	                 0);
	assert_string_equal(header_of(&r, "Cache-Control"), "no-store");
	/* Also for those who run no scripts. */
	assert_non_null(strstr(r.body, "\ngroup=hello policy=lru gets=0 "));
	assert_non_null(strstr(r.body, "</html>\n"));
	reply_release(&r);
	close_door(&s);
}

/* ---- waiting ---- */

/* Requests that have come so far. */
static uint64_t gets_of(const struct served *s)
{
	struct group *g = node_find_group(s->node, "hello");
	uint64_t n;

	assert_non_null(g);
	n = group_stats(g).of[COUNT_gets];
	group_unref(g);
	return n;
}

static void test_hang_up(void **state)
{
	struct served s;
	int fds[20];

	(void)state;
	open_door(&s);
	for (int i = 0; i < 20; i++) {
		fds[i] = dial(&s);
		ask(fds[i], "GET",
		    i % 2 ? "/v1/hello/slow" : "/hello?key=slow");
	}
	until(gets_of(&s) == 20 && loads == 1);
	assert_true(httpd_busy(api_httpd(api)));
	for (int i = 0; i < 20; i++)
		close(fds[i]);
	until(cancelled == 1);
	until(!httpd_busy(api_httpd(api)));
	expect(&s, "GET", "/v1/hello/ping", 200, "v:ping");
	close_door(&s);
}

static void test_stop_while_waiting(void **state)
{
	struct served s;
	struct reply r;
	int fds[10];

	(void)state;
	open_door(&s);
	for (int i = 0; i < 10; i++) {
		fds[i] = dial(&s);
		ask(fds[i], "GET",
		    i % 2 ? "/v1/hello/slow" : "/hello?key=slow");
	}
	until(gets_of(&s) == 10 && loads == 1);
	httpd_stop(api_httpd(api));
	for (int i = 0; i < 10; i++) {
		assert_true(hear(fds[i], &r, false));
		assert_int_equal(r.status, 503);
		assert_string_equal(r.body, "{\"error\":\"not available\"}");
		reply_release(&r);
		close(fds[i]);
	}
	close_door(&s);
}

/* Making JSON of much keeps nobody waiting, and ends well without anybody
 * who wants it. */
static void test_stop_while_making(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct served s;
		int fds[4];

		open_door(&s);
		assert_int_equal(
		        status_with(&s, "GET", "/v1/hello/middle1", ""), 200);
		for (int n = 0; n < 4; n++) {
			fds[n] = dial(&s);
			ask(fds[n], "GET", "/hello?key=middle1");
		}
		for (int n = 0; n < i % 5; n++)
			close(fds[n]);
		httpd_stop(api_httpd(api));
		for (int n = i % 5; n < 4; n++)
			close(fds[n]);
		close_door(&s);
	}
}

/* ---- nonsense ---- */

static void test_refused(void **state)
{
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	open_door(&s);
	r = fetch_with(&s, "GET", "/v1/hello/a", "Content-Length: 99999\r\n");
	assert_int_equal(r.status, 413);
	assert_string_equal(r.body, "{\"error\":\"body too large\"}");
	reply_release(&r);
	fd = dial(&s);
	say_bytes(fd, "GET /v1/hello/a\0b HTTP/1.1\r\n\r\n", 30);
	assert_true(hear(fd, &r, false));
	assert_int_equal(r.status, 400);
	reply_release(&r);
	close(fd);
	assert_int_equal(loads, 0);
	close_door(&s);
}

/* A key of some kilobytes, and headers of some more. */
static void test_long(void **state)
{
	static char path[CLIENT_ROOM / 2], header[2000];
	struct served s;
	struct reply r;

	(void)state;
	memset(path, 'k', sizeof(path) - 1);
	memcpy(path, "/v1/hello/", 10);
	memset(header, 'x', sizeof(header) - 3);
	memcpy(header, "Cookie: ", 8);
	memcpy(header + sizeof(header) - 3, "\r\n", 3);
	open_door(&s);
	r = fetch_with(&s, "GET", path, header);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.len, strlen(path) - 10 + 2);
	reply_release(&r);
	close_door(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_errors),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_pipelining),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_stop_while_waiting),
		cmocka_unit_test(test_stop_while_making),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
