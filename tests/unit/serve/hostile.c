/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that say what no client should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "peer_client.h"

/* Says it, and hears a status; 0: just closed. */
static int say_and_hear(const struct served *s, const char *bytes, size_t n)
{
	struct reply r = { 0 };
	int fd = dial(s), status;

	say_bytes(fd, bytes, n);
	shutdown(fd, SHUT_WR);
	status = hear(fd, &r, false) ? r.status : 0;
	reply_release(&r);
	close(fd);
	return status;
}

#define HERE " HTTP/1.1\r\nHost: here\r\n"

static const struct hostile {
	const char *bytes;
	size_t len;
	int status, other; /* either of them */
} hostile_list[] = {
#define H(text, ...) \
	{ \
		text, sizeof(text) - 1, __VA_ARGS__ \
	}
	H("", 0, 0),
	H("\r\n\r\n\r\n", 0, 400),
	H("\0\0\0\0\0\0\0\0\r\n\r\n", 0, 400),
	H("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 0, 400),
	H("GET\r\n\r\n", 0, 400),
	H("GET /_groupcache/hello/ping\r\n\r\n", 0, 400),
	H("GET /_groupcache/hello/ping HTTP/9.9\r\n\r\n", 505, 400),
	H("GET /_groupcache/hello/ping FTP/1.1\r\n\r\n", 400, 0),
	H("GET  /_groupcache/hello/ping" HERE "\r\n", 400, 200),
	H("GET /_groupcache/hello/%zz" HERE "\r\n", 400, 400),
	H("GET /_groupcache/hello/%4" HERE "\r\n", 400, 400),
	H("GET /_groupcache/%00/ping" HERE "\r\n", 404, 404),
	H("GET /_groupcache//" HERE "\r\n", 404, 404),
	H("GET /_groupcache" HERE "\r\n", 404, 404),
	H("GET * HTTP/1.1\r\n\r\n", 400, 404),
	H("GET ?" HERE "\r\n", 400, 404),
	H("GET /_groupcache/hello/ping" HERE "Content-Length: -1\r\n\r\n", 413,
	  400),
	H("GET /_groupcache/hello/ping" HERE
	  "Content-Length: 18446744073709551616\r\n\r\n",
	  413, 400),
	H("POST /_groupcache/hello/ping" HERE
	  "Content-Length: 1000000\r\n\r\nxxxx",
	  413, 413),
	H("GET /_groupcache/hello/ping" HERE
	  "Transfer-Encoding: chunked\r\n\r\nffffffff\r\nxx",
	  413, 413),
	H("GET /_groupcache/hello/ping" HERE "Content-Length: 4\r\n\r\nbody",
	  200, 200),
	H("GET /_groupcache/hello/ping" HERE "Content-Length: 40\r\n\r\nbody",
	  0, 400),
	H("GET /_groupcache/hello/ping" HERE "Expect: 100-continue\r\n"
	  "Content-Length: 9999\r\n\r\n",
	  413, 413),
	H("GET /_groupcache/hello/ping" HERE "no colon\r\n\r\n", 400, 200),
	H("GET /_groupcache/hello/ping" HERE ": no name\r\n\r\n", 400, 200),
	H("GET /_groupcache/hello/ping" HERE " folded: x\r\n\r\n", 400, 200),
	H("GET /_groupcache/hello/ping HTTP/1.0\r\n\r\n", 200, 200),
#undef H
};

static void test_hostile(void **state)
{
	struct served s;

	(void)state;
	serve(&s);
	for (size_t i = 0; i < sizeof(hostile_list) / sizeof(*hostile_list);
	     i++) {
		const struct hostile *h = &hostile_list[i];
		int status = say_and_hear(&s, h->bytes, h->len);

		if (status != h->status && status != h->other)
			fail_msg("status %d for %s", status, h->bytes);
		expect_good(&s);
	}
	unserve(&s);
}

/* A byte that ends strings must not make another key of it. */
static void test_nul_in_path(void **state)
{
	static const char bytes[] = "GET /_groupcache/hello/pi\0ng" HERE "\r\n";
	struct served s;

	(void)state;
	serve(&s);
	assert_int_equal(say_and_hear(&s, bytes, sizeof(bytes) - 1), 400);
	assert_int_equal(loads, 0);
	expect_good(&s);
	unserve(&s);
}

/* Every beginning of a request, and then nothing. */
static void test_half_requests(void **state)
{
	static const char bytes[] = "GET /_groupcache/hello/slow" HERE "\r\n";
	struct served s;

	(void)state;
	serve(&s);
	for (size_t n = 0; n < sizeof(bytes) - 1; n++) {
		int fd = dial(&s);

		say_bytes(fd, bytes, n);
		close(fd);
	}
	expect_good(&s);
	assert_int_equal(loads, 1);
	unserve(&s);
}

/* Sends `unit` for ever, until an answer comes. */
static int flood(const struct served *s, const char *start, const char *unit)
{
	struct reply r = { 0 };
	int fd = dial(s), status;

	say(fd, start);
	while (!poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0))
		if (send(fd, unit, strlen(unit), MSG_NOSIGNAL) < 0)
			break;
	status = hear(fd, &r, false) ? r.status : 0;
	reply_release(&r);
	close(fd);
	return status;
}

static void test_endless(void **state)
{
	struct served s;
	int status;

	(void)state;
	serve(&s);
	/* what was sent after the answer may reset the connection first */
	status = flood(&s, "GET /_groupcache/hello/", "endless");
	assert_true(status == 414 || status == 0);
	status = flood(&s, "GET /_groupcache/hello/x" HERE, "X-Y: z\r\n");
	assert_true(status == 431 || status == 0);
	status = flood(&s, "GET /_groupcache/hello/x" HERE "X: ", "endless");
	assert_true(status == 431 || status == 0);
	status = flood(&s, "", "\r\n");
	assert_true(status == 400 || status == 414 || status == 0);
	assert_int_equal(loads, 0);
	expect_good(&s);
	unserve(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_nul_in_path),
		cmocka_unit_test(test_half_requests),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
