/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that wait, leave, are too many or too slow; through the server for
 * peers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "peer_client.h"

#include "net/httpd.h"
#include "net/listen.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

#define CROWD 500
#define SLOW  "/_groupcache/hello/slow"

static int counted;

static int count_entry(const struct dirent *e)
{
	(void)e;
	counted++;
	return 0;
}

static int entries(const char *path)
{
	struct dirent **none;

	counted = 0;
	assert_int_equal(scandir(path, &none, count_entry, alphasort), 0);
	free(none);
	return counted;
}

static uint64_t counter(const struct served *s, enum counter which)
{
	struct group *g = node_find_group(s->node, "hello");
	uint64_t n;

	assert_non_null(g);
	n = group_stats(g).of[which];
	group_unref(g);
	return n;
}

/* ---- waiting ---- */

static void expect_all(int *fds, size_t n, int status)
{
	struct reply r;

	for (size_t i = 0; i < n; i++) {
		assert_true(hear(fds[i], &r, false));
		assert_int_equal(r.status, status);
		reply_release(&r);
		close(fds[i]);
	}
}

static void crowd_asks(const struct served *s, int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fds[i] = dial(s);
		ask(fds[i], "GET", SLOW);
	}
	until(counter(s, COUNT_server_requests) >= n);
}

static void test_crowd_waits(void **state)
{
	struct served s;
	int fds[CROWD], before;

	(void)state;
	serve(&s);
	ask(fds[0] = dial(&s), "GET", SLOW);
	until(loads == 1);
	expect_good(&s);
	before = entries("/proc/self/task");
	crowd_asks(&s, fds + 1, CROWD - 1);
	assert_int_equal(entries("/proc/self/task"), before);
	expect_good(&s);
	gate = true;
	expect_all(fds, CROWD, 200);
	assert_int_equal(loads, 2);
	unserve(&s);
}

static void test_stop_amid_crowd(void **state)
{
	struct served s;
	int fds[CROWD];

	(void)state;
	serve(&s);
	crowd_asks(&s, fds, CROWD);
	until(loads == 1);
	httpd_stop(server_httpd(s.server));
	expect_all(fds, CROWD, 503);
	until(cancelled == 1);
	unserve(&s);
}

/* Stopping while answers are on their way. */
static void test_stop_races(void **state)
{
	struct served s;
	struct reply r;
	int fds[20];

	(void)state;
	for (int round = 0; round < 20; round++) {
		serve(&s);
		crowd_asks(&s, fds, 20);
		gate = true;
		httpd_stop(server_httpd(s.server));
		for (size_t i = 0; i < 20; i++) {
			assert_true(hear(fds[i], &r, false));
			assert_true(r.status == 200 || r.status == 503);
			reply_release(&r);
			close(fds[i]);
		}
		unserve(&s);
	}
}

/* Nothing is loaded for those who hung up. */
static void test_client_leaves(void **state)
{
	struct served s;
	int fds[3];

	(void)state;
	serve(&s);
	crowd_asks(&s, fds, 3);
	until(loads == 1);
	close(fds[0]);
	close(fds[1]);
	expect_good(&s);
	assert_int_equal(cancelled, 0);
	close(fds[2]);
	until(cancelled == 1);
	expect_good(&s);
	unserve(&s);
}

/* A second request behind one that waits is answered behind it. */
static void test_pipelined_wait(void **state)
{
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	serve(&s);
	fd = dial(&s);
	ask(fd, "GET", SLOW);
	ask(fd, "GET", "/_groupcache/hello/ping");
	until(loads == 1);
	expect_good(&s);
	gate = true;
	assert_true(hear(fd, &r, false));
	assert_memory_equal(r.body, "\n\6v:slow", 8);
	reply_release(&r);
	assert_true(hear(fd, &r, false));
	assert_memory_equal(r.body, "\n\6v:ping", 8);
	reply_release(&r);
	close(fd);
	unserve(&s);
}

/* ---- too many ---- */

/* The longest idle goes for a newcomer. */
static void test_idle_make_room(void **state)
{
	struct served s;
	int fds[8];

	(void)state;
	serve_with(&s, (struct server_config){ .connections = 8 });
	for (size_t i = 0; i < 8; i++) {
		struct reply r;

		fds[i] = dial(&s);
		ask(fds[i], "GET", "/_groupcache/hello/ping");
		assert_true(hear(fds[i], &r, false));
		reply_release(&r);
	}
	for (int i = 0; i < 3; i++)
		expect_good(&s);
	until(is_closed(fds[0]));
	assert_false(is_closed(fds[7]));
	for (size_t i = 0; i < 8; i++)
		close(fds[i]);
	unserve(&s);
}

/* Who waits for an answer does not go; newcomers do wait. */
static void test_busy_stay(void **state)
{
	struct served s;
	struct reply r;
	int fds[8], late;

	(void)state;
	serve_with(&s, (struct server_config){ .connections = 8 });
	crowd_asks(&s, fds, 8);
	late = dial(&s);
	ask(late, "GET", "/_groupcache/hello/ping");
	until(loads == 1);
	gate = true;
	assert_true(hear(late, &r, false));
	assert_int_equal(r.status, 200);
	reply_release(&r);
	close(late);
	expect_all(fds, 8, 200);
	unserve(&s);
}

/* ---- too slow ---- */

/* Time for those who are not slow. */
#define IDLE_MS 3000

static void test_silent_is_closed(void **state)
{
	struct served s;
	int silent, half, kept;
	struct reply r;

	(void)state;
	serve_with(&s, (struct server_config){ .idle_ms = IDLE_MS });
	silent = dial(&s);
	half = dial(&s);
	say(half, "GET /_groupcache/hello/ping HTTP/1.1\r\nHo");
	kept = dial(&s);
	ask(kept, "GET", "/_groupcache/hello/ping");
	assert_true(hear(kept, &r, false));
	reply_release(&r);
	until(is_closed(silent) && is_closed(half) && is_closed(kept));
	expect_good(&s);
	close(silent);
	close(half);
	close(kept);
	unserve(&s);
}

/* Neither does it help to go on dripping. */
static void test_drip_is_closed(void **state)
{
	struct served s;
	int fd;

	(void)state;
	serve_with(&s, (struct server_config){ .idle_ms = IDLE_MS });
	fd = dial(&s);
	say(fd, "GET /_groupcache/hello/ping HTTP/1.1\r\nX: ");
	until(is_closed(fd) || send(fd, "x", 1, MSG_NOSIGNAL) < 0);
	expect_good(&s);
	close(fd);
	unserve(&s);
}

/* A client that takes nothing of its reply; MHD counts in seconds. */
static void test_reader_stalls(void **state)
{
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	serve_with(&s, (struct server_config){ .idle_ms = IDLE_MS });
	fd = dial(&s);
	ask(fd, "GET", "/_groupcache/hello/ping");
	assert_true(hear(fd, &r, false));
	reply_release(&r);
	for (int i = 0; i < 4; i++)
		ask(fd, "GET", "/_groupcache/hello/large");
	until(loads == 2);
	until(!httpd_busy(server_httpd(s.server)));
	expect_good(&s);
	close(fd);
	unserve(&s);
}

/* ---- listening ---- */

static void expect_refused(const char *address, int err)
{
	struct reason why = { "" };

	assert_int_equal(listen_open(address, &why), err);
	assert_non_null(strstr(why.text, address));
}

static void test_addresses(void **state)
{
	static const char *const good[] = { "127.0.0.1:0", "localhost:0",
		                            ":0" };
	struct reason why;
	char taken[32];
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		fd = listen_open(good[i], &why);
		assert_true(fd >= 0);
		assert_true(listen_port(fd) > 0);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		if (i < 2)
			close(fd);
	}
	snprintf(taken, sizeof(taken), "127.0.0.1:%d", listen_port(fd));
	expect_refused(taken, -EADDRINUSE);
	close(fd);
	/* not every machine has IPv6 */
	fd = listen_open("[::1]:0", &why);
	if (fd >= 0)
		close(fd);
	else
		assert_true(fd == -EADDRNOTAVAIL || fd == -EAFNOSUPPORT);
	expect_refused("127.0.0.1", -EINVAL);
	expect_refused("127.0.0.1:", -EINVAL);
	expect_refused("127.0.0.1:65536", -EINVAL);
	expect_refused("127.0.0.1:http", -EINVAL);
	expect_refused("::1:80", -EINVAL);
	expect_refused("256.0.0.1.:1", -EADDRNOTAVAIL);
}

static void test_server_refused(void **state)
{
	struct server_config config = { .listen = "nowhere" };
	struct server *server = NULL;
	struct reason why = { "" };

	(void)state;
	assert_int_equal(server_create(&server, NULL, &config, &why), -EINVAL);
	assert_string_equal(why.text,
	                    "cannot listen on 'nowhere': not HOST:PORT");
	assert_null(server);
}

#define FEW 256

/* Commands inherit neither the server's nor its clients' sockets. */
static void test_not_inherited(void **state)
{
	bool others[FEW];
	struct served s;
	int fd;

	(void)state;
	for (int i = 0; i < FEW; i++)
		others[i] = fcntl(i, F_GETFD) >= 0;
	serve(&s);
	fd = dial(&s);
	expect_good(&s);
	for (int i = 0; i < FEW; i++)
		if (!others[i] && fcntl(i, F_GETFD) >= 0)
			assert_true(fcntl(i, F_GETFD) & FD_CLOEXEC);
	close(fd);
	unserve(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crowd_waits),
		cmocka_unit_test(test_stop_amid_crowd),
		cmocka_unit_test(test_stop_races),
		cmocka_unit_test(test_client_leaves),
		cmocka_unit_test(test_pipelined_wait),
		cmocka_unit_test(test_idle_make_room),
		cmocka_unit_test(test_busy_stay),
		cmocka_unit_test(test_silent_is_closed),
		cmocka_unit_test(test_drip_is_closed),
		cmocka_unit_test(test_reader_stalls),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_server_refused),
		cmocka_unit_test(test_not_inherited),
	};
	struct rlimit files;

	/* both ends of every connection are here */
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
