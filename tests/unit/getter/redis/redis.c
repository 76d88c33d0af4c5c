/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Against a server that says what a test wants, right or wrong; what a real
 * one says is in tests/redis.bats.
 */
#include "getter/getter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "spec.h"

#define MAX_VALUE ((size_t)1000)
#define NOBODY    "$-1\r\n:-2\r\n"

/* What is said when a request comes. */
struct line {
	const char *text; /* NULL: nothing at all */
	bool slow;        /* byte by byte */
	bool hangs_up;    /* behind it */
	bool endless;     /* more of its last byte until nobody listens */
};

static struct {
	char path[64];
	int fd;
	pthread_t thread;
	const struct line *lines; /* one a request, the last again and again */
	size_t count;
	size_t said;
	atomic_int connections;
	atomic_int closed;
	atomic_int requests;
	atomic_bool stop;
} server;

static void say_endlessly(int fd, char c)
{
	char block[4096];

	memset(block, c, sizeof(block));
	while (send(fd, block, sizeof(block), MSG_NOSIGNAL) > 0)
		;
}

/* False: the connection is to be closed. */
static bool say(int fd, const struct line *line)
{
	size_t n = line->text ? strlen(line->text) : 0;
	size_t step = line->slow || !n ? 1 : n;

	for (size_t i = 0; i < n; i += step) {
		if (send(fd, line->text + i, step, MSG_NOSIGNAL) < 0)
			return false;
		if (line->slow)
			usleep(1000);
	}
	if (line->endless && n)
		say_endlessly(fd, line->text[n - 1]);
	return !line->hangs_up && !line->endless;
}

/* A request is whatever comes at once: they are small. */
static bool serve(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char request[4096];

	while (poll(&p, 1, 10) == 0)
		if (server.stop)
			return false;
	if (recv(fd, request, sizeof(request), 0) <= 0)
		return false;
	server.requests++;
	if (server.said + 1 < server.count)
		return say(fd, &server.lines[server.said++]);
	return say(fd, &server.lines[server.said]);
}

static void *server_main(void *arg)
{
	struct pollfd p = { server.fd, POLLIN, 0 };

	(void)arg;
	while (!server.stop) {
		int fd;

		if (poll(&p, 1, 10) <= 0)
			continue;
		fd = accept(server.fd, NULL, NULL);
		assert_true(fd >= 0);
		server.connections++;
		while (serve(fd))
			;
		close(fd);
		server.closed++;
	}
	return NULL;
}

static void server_start(const struct line *lines, size_t count)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	server.lines = lines;
	server.count = count;
	server.said = 0;
	server.connections = server.requests = server.closed = 0;
	server.stop = false;
	snprintf(server.path, sizeof(server.path), "/tmp/dreamfs-redis-%d.sock",
	         (int)getpid());
	unlink(server.path);
	memcpy(address.sun_path, server.path, strlen(server.path) + 1);
	server.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(server.fd >= 0);
	assert_int_equal(
	        bind(server.fd, (struct sockaddr *)&address, sizeof(address)),
	        0);
	assert_int_equal(listen(server.fd, 100), 0);
	assert_int_equal(
	        pthread_create(&server.thread, NULL, server_main, NULL), 0);
}

static void server_end(void)
{
	server.stop = true;
	pthread_join(server.thread, NULL);
	close(server.fd);
	unlink(server.path);
}

static struct getter *make(const char *user, int retries)
{
	struct reason why = { "" };
	struct getter *g;
	char url[128];
	struct spec spec = { .ops = getter_ops_find("redis"),
		             .source = url,
		             .ttl_origin = true };
	char text[16];

	snprintf(url, sizeof(url), "unix://%s%s", user, server.path);
	snprintf(text, sizeof(text), "%d", retries);
	spec_say(&spec, "retries", text);
	spec_say(&spec, "connect_timeout", "500ms");
	if (spec_create(&g, &spec, &why))
		fail_msg("%s: %s", url, why.text);
	return g;
}

static int load(struct getter *g, int cancel_fd, struct load_result *result)
{
	const struct load l = { .group = "g",
		                .key = key_of("k", 1),
		                .max_value = MAX_VALUE,
		                .cancel_fd = cancel_fd };

	return getter_get(g, &l, result);
}

static void check_value(struct getter *g, const char *want, int64_t ttl_ms)
{
	struct load_result result;
	int err = load(g, -1, &result);

	if (err)
		fail_msg("%d: %s", err, result.why.text);
	assert_int_equal(result.value->size, strlen(want));
	if (*want)
		assert_memory_equal(result.value->bytes, want, strlen(want));
	assert_int_equal(result.ttl_ms, ttl_ms);
	value_unref(result.value);
}

static void check_error(struct getter *g, int want, const char *text)
{
	struct load_result result;
	int err = load(g, -1, &result);

	if (err != want || !strstr(result.why.text, text))
		fail_msg("%d: %s", err, result.why.text);
	assert_null(result.value);
}

#define START(...) \
	const struct line lines[] = { __VA_ARGS__ }; \
	server_start(lines, sizeof(lines) / sizeof(lines[0]))

static void end(struct getter *g)
{
	getter_unref(g);
	server_end();
}

static void a_reply_in_pieces(void **state)
{
	START({ .text = "$5\r\nhello\r\n:-1\r\n", .slow = true },
	      { .text = "$2\r\n\r\n\r\n:1234\r\n", .slow = true });
	struct getter *g = make("", 0);

	(void)state;
	check_value(g, "hello", TTL_DEFAULT);
	check_value(g, "\r\n", 1234);
	assert_int_equal(server.connections, 1);
	end(g);
}

static void nothing_or_empty(void **state)
{
	START({ .text = NOBODY }, { .text = "$0\r\n\r\n:-1\r\n" },
	      { .text = "$3\r\nnew\r\n:5\r\n" }, { .text = NOBODY },
	      { .text = "$3\r\nnew\r\n:-2\r\n" });
	struct getter *g = make("", 0);

	(void)state;
	check_error(g, -ENOENT, "no such key");
	check_value(g, "", TTL_DEFAULT);
	check_value(g, "new", 5);
	check_error(g, -ENOENT, "no such key");
	check_value(g, "new", 0);
	assert_int_equal(server.connections, 1);
	assert_int_equal(server.requests, 5);
	end(g);
}

static void what_is_no_answer(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *why;
	} cases[] = {
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", -EIO,
		  "not the answer of a Redis server" },
		{ "*2\r\n$1\r\na\r\n$1\r\nb\r\n:-1\r\n", -EIO,
		  "not asked for" },
		{ "*1\r\n:1\r\n:-1\r\n", -EIO, "not asked for" },
		{ "*0\r\n:-1\r\n", -EIO, "not asked for" },
		{ "*-1\r\n:-1\r\n", -ENOENT, "" },
		{ ":1\r\n:-1\r\n", -EIO, "not asked for" },
		{ "$1\r\na\r\n+OK\r\n", -EIO, "not asked for" },
		{ "$1\r\na\r\n-NOPERM x\r\n", -EACCES, "NOPERM x" },
		{ "-ERR one\r\n-ERR two\r\n", -EIO, "ERR one" },
		{ "-\r\n:-1\r\n", -EIO, "" },
		{ "-ERR a\tb\x1b[0m\r\n:1\r\n", -EIO, "ERR a b [0m" },
		{ "$-2\r\n:-1\r\n", -EIO, "" },
		{ "$99999999999999999999999999\r\n", -EIO, "" },
		{ "$9223372036854775807\r\n", -EFBIG, "larger than 1000" },
		{ "$100000000000\r\n", -EFBIG, "larger than 1000" },
		{ "*2147483647\r\n:1\r\n", -EIO, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		START({ .text = cases[i].text, .hangs_up = true });
		struct getter *g = make("", 0);

		check_error(g, cases[i].err, cases[i].why);
		end(g);
	}
}

/* It is not believed for longer than a value may be. */
static void endless_replies(void **state)
{
	static const char *const texts[] = { "-ERR x", "$1", "*1\r\n*",
		                             "$60000\r\nx", "+x" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		START({ .text = texts[i], .endless = true });
		struct getter *g = make("", 0);
		struct load_result result;
		int err = load(g, -1, &result);

		assert_true(err == -EFBIG || err == -EIO);
		end(g);
	}
}

static void cut_off(void **state)
{
	START({ .text = "$5\r\nhe", .hangs_up = true });
	struct getter *g = make("", 2);

	(void)state;
	check_error(g, -EIO, "the connection was closed");
	assert_int_equal(server.connections, 3);
	end(g);
}

static void loading_passes(void **state)
{
	START({ .text = "-LOADING x\r\n-LOADING x\r\n" },
	      { .text = "$1\r\na\r\n:-1\r\n" });
	struct getter *g = make("", 1);

	(void)state;
	check_value(g, "a", TTL_DEFAULT);
	assert_int_equal(server.connections, 1);
	end(g);
}

static void a_kept_connection_is_replaced(void **state)
{
	START({ .text = "$1\r\na\r\n:-1\r\n", .hangs_up = true },
	      { .text = "$1\r\nb\r\n:-1\r\n" },
	      { .text = "", .hangs_up = true },
	      { .text = "$1\r\nc\r\n:-1\r\n" });
	struct getter *g = make("", 0);

	(void)state;
	check_value(g, "a", TTL_DEFAULT);
	while (server.closed == 0)
		usleep(1000);
	/* Found closed before it is used; then just when it is. */
	check_value(g, "b", TTL_DEFAULT);
	check_value(g, "c", TTL_DEFAULT);
	assert_int_equal(server.connections, 3);
	assert_int_equal(server.requests, 4);
	end(g);
}

static void a_new_connection_is_not(void **state)
{
	START({ .text = "", .hangs_up = true });
	struct getter *g = make("", 0);

	(void)state;
	check_error(g, -EIO, "the connection was closed");
	assert_int_equal(server.connections, 1);
	end(g);
}

static void more_than_was_asked(void **state)
{
	START({ .text = "$1\r\na\r\n:-1\r\n+what?\r\n" },
	      { .text = "$1\r\nb\r\n:-1\r\n" });
	struct getter *g = make("", 0);

	(void)state;
	check_value(g, "a", TTL_DEFAULT);
	check_value(g, "b", TTL_DEFAULT);
	assert_int_equal(server.connections, 2);
	end(g);
}

static void *cancel_soon(void *arg)
{
	const int *fd = arg;

	usleep(50000);
	assert_int_equal(write(*fd, "x", 1), 1);
	return NULL;
}

/* At any time: while it is waited for the value, or to be let in. */
static void cancelled(void **state)
{
	static const char *const users[] = { "", ":x@" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		START({ .text = NULL });
		struct getter *g = make(users[i], 5);
		struct load_result result;
		int fds[2];
		pthread_t thread;

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		pthread_create(&thread, NULL, cancel_soon, &fds[1]);
		/* Else the first would hang, the second fail. */
		assert_int_equal(load(g, fds[0], &result), -ECANCELED);
		pthread_join(thread, NULL);
		close(fds[0]);
		close(fds[1]);
		end(g);
	}
}

static void not_let_in_time(void **state)
{
	START({ .text = NULL });
	struct getter *g = make(":x@", 0);

	(void)state;
	check_error(g, -EIO, "no answer");
	end(g);
}

static void not_let_in(void **state)
{
	START({ .text = "-WRONGPASS invalid\r\n" });
	struct getter *g = make(":secret@", 0);

	(void)state;
	check_error(g, -EACCES, "WRONGPASS invalid");
	assert_null(strstr(getter_describe(g), "secret"));
	/* At once again: it is not even tried. */
	for (int i = 0; i < 20; i++)
		check_error(g, -EACCES, "WRONGPASS invalid");
	assert_true(server.connections < 15);
	end(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_in_pieces),
		cmocka_unit_test(nothing_or_empty),
		cmocka_unit_test(what_is_no_answer),
		cmocka_unit_test(endless_replies),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(loading_passes),
		cmocka_unit_test(a_kept_connection_is_replaced),
		cmocka_unit_test(a_new_connection_is_not),
		cmocka_unit_test(more_than_was_asked),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(not_let_in_time),
		cmocka_unit_test(not_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
