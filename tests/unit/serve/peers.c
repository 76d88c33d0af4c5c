/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What peers are answered: each line of peers.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "peer_client.h"

#include "lib/clock.h"

#include <time.h>

#define GROUPCACHE "/_groupcache/hello/"
#define DREAMEMO   "/_dreamemo/hello/"

/* ---- values ---- */

static void test_keep_alive(void **state)
{
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	serve(&s);
	fd = dial(&s);
	for (int i = 0; i < 100; i++) {
		ask(fd, "GET", GROUPCACHE "ping");
		assert_true(hear(fd, &r, false));
		assert_int_equal(r.status, 200);
		assert_memory_equal(r.body, "\n\6v:ping", 8);
		reply_release(&r);
	}
	assert_int_equal(loads, 1);
	close(fd);
	unserve(&s);
}

/* Replies come in the order of the requests, misses and hits mixed. */
static void test_pipelining(void **state)
{
	struct served s;
	struct reply r;
	char path[64], want[16];
	int fd;

	(void)state;
	serve(&s);
	fd = dial(&s);
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), GROUPCACHE "k%d", i % 7);
		ask(fd, "GET", path);
	}
	for (int i = 0; i < 20; i++) {
		snprintf(want, sizeof(want), "\n\4v:k%d", i % 7);
		assert_true(hear(fd, &r, false));
		assert_int_equal(r.len, 6);
		assert_memory_equal(r.body, want, 6);
		reply_release(&r);
	}
	close(fd);
	unserve(&s);
}

static void test_head(void **state)
{
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	serve(&s);
	fd = dial(&s);
	for (int i = 0; i < 2; i++) { /* a miss, a hit */
		ask(fd, "HEAD", GROUPCACHE "ping");
		assert_true(hear(fd, &r, true));
		assert_int_equal(r.status, 200);
		assert_string_equal(header_of(&r, "Content-Length"), "8");
		reply_release(&r);
	}
	ask(fd, "HEAD", GROUPCACHE "missing");
	assert_true(hear(fd, &r, true));
	assert_int_equal(r.status, 500);
	assert_string_equal(header_of(&r, HEADER_ERRNO), "ENOENT");
	reply_release(&r);
	ask(fd, "GET", GROUPCACHE "ping");
	assert_true(hear(fd, &r, false));
	assert_memory_equal(r.body, "\n\6v:ping", 8);
	reply_release(&r);
	close(fd);
	unserve(&s);
}

static void test_large_value(void **state)
{
	struct codec_response got;
	struct served s;
	struct reply r;

	(void)state;
	serve(&s);
	for (int i = 0; i < 3; i++) {
		fetch(&s, "GET", GROUPCACHE "large", &r);
		assert_int_equal(
		        codec_find("protobuf")->decode(&got, r.body, r.len), 0);
		assert_int_equal(got.len, LARGE);
		for (size_t n = 0; n < LARGE; n++)
			if (got.value[n] != large_byte(n))
				fail_msg("byte %zu is wrong", n);
		reply_release(&r);
	}
	unserve(&s);
}

/* The longest name that a file system can have. */
static void test_long_key(void **state)
{
	char path[CLIENT_ROOM / 2 + 64] = GROUPCACHE;
	size_t n = strlen(path);
	struct served s;
	struct reply r;

	(void)state;
	serve(&s);
	memset(path + n, 'k', 4095);
	path[n + 4095] = '\0';
	fetch(&s, "GET", path, &r);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.len, 3 + 2 + 4095);
	reply_release(&r);
	unserve(&s);
}

static void test_expire(void **state)
{
	struct codec_response got;
	struct served s;
	struct reply r;
	time_t before = time(NULL);
	int64_t seconds;

	(void)state;
	serve_with(&s, (struct server_config){ .codec = codec_find("thrift") });
	fetch(&s, "GET", "/_groupcache/brief/ping", &r);
	assert_int_equal(codec_find("protobuf")->decode(&got, r.body, r.len),
	                 0);
	assert_true(got.has_expire);
	seconds = got.expire_ns / 1000000000;
	assert_true(seconds >= before + 3600 - 2);
	assert_true(seconds <= time(NULL) + 3600 + 2);
	reply_release(&r);
	fetch(&s, "GET", "/_dreamemo/brief/ping", &r);
	assert_int_equal(codec_find("thrift")->decode(&got, r.body, r.len), 0);
	assert_true(got.has_expire);
	reply_release(&r);
	unserve(&s);
}

/* A stale value says when it expired; and what must not be is told apart. */
static void test_stale(void **state)
{
	struct codec_response got;
	struct served s;
	struct reply r;
	int64_t first, began;

	(void)state;
	serve(&s);
	for (int i = 1; i < 3; i++) {
		fetch(&s, "GET", GROUPCACHE "old%2C%20strict", &r);
		assert_int_equal(atomic_load(&loads), i);
		assert_string_equal(header_of(&r, "Cache-Control"),
		                    CONTROL_MUST_REVALIDATE);
		reply_release(&r);
	}
	began = clock_now_ms();
	fetch(&s, "GET", GROUPCACHE "old", &r);
	assert_int_equal(codec_find("protobuf")->decode(&got, r.body, r.len),
	                 0);
	assert_true(got.has_expire);
	first = got.expire_ns;
	reply_release(&r);
	fetch(&s, "GET", GROUPCACHE "old", &r);
	assert_int_equal(codec_find("protobuf")->decode(&got, r.body, r.len),
	                 0);
	/* It is loaded again, but not so soon. */
	if (clock_now_ms() < began + 1000) {
		assert_int_equal(atomic_load(&loads), 3);
		assert_in_range(got.expire_ns, first - 5000000,
		                first + 5000000);
	}
	assert_string_equal(header_of(&r, "Cache-Control"), "");
	reply_release(&r);
	unserve(&s);
}

/* ---- other answers ---- */

static void test_failures(void **state)
{
	static const char *const keys[][3] = {
		{ GROUPCACHE "missing1", "ENOENT", "no such key\n" },
		{ GROUPCACHE "denied", "EACCES", "access denied\n" },
		{ GROUPCACHE "big", "EFBIG", "value too large\n" },
		{ GROUPCACHE "late", "ETIMEDOUT", "load timed out\n" },
		{ DREAMEMO "fail", "EIO", "load failed\n" },
	};
	struct served s;
	struct reply r;

	(void)state;
	serve(&s);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		fetch(&s, "GET", keys[i][0], &r);
		assert_int_equal(r.status, 500);
		assert_string_equal(header_of(&r, HEADER_ERRNO), keys[i][1]);
		assert_string_equal(r.body, keys[i][2]);
		reply_release(&r);
	}
	unserve(&s);
}

static void test_delete(void **state)
{
	struct served s;

	(void)state;
	serve(&s);
	expect_good(&s);
	expect_good(&s);
	assert_int_equal(loads, 1);
	expect(&s, "DELETE", DREAMEMO "ping", 200, "");
	expect_good(&s);
	assert_int_equal(loads, 2);
	expect(&s, "DELETE", GROUPCACHE "never", 200, "");
	expect(&s, "DELETE", "/_groupcache/nope/x", 404,
	       "no such group: nope\n");
	expect(&s, "DELETE", "/_dreamemo/nope/x", 400, "No Such Group: nope\n");
	assert_int_equal(loads, 2);
	unserve(&s);
}

static void test_delete_group(void **state)
{
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	serve(&s);
	expect_good(&s);
	expect(&s, "GET", GROUPCACHE, 200, "\n\2v:");
	assert_int_equal(loads, 2);
	/* the empty key is one of them... */
	expect(&s, "DELETE", GROUPCACHE, 200, "");
	expect_good(&s);
	assert_int_equal(loads, 2);
	/* ...or stands for all */
	fd = dial(&s);
	ask_with(fd, "DELETE", GROUPCACHE, "x-dreamfs-scope: group\r\n");
	assert_true(hear(fd, &r, false));
	assert_int_equal(r.status, 200);
	reply_release(&r);
	close(fd);
	expect_good(&s);
	assert_int_equal(loads, 3);
	unserve(&s);
}

static void test_heartbeat(void **state)
{
	struct served s;

	(void)state;
	serve(&s);
	expect(&s, "GET", "/_heartbeat_/hello", 200, "");
	expect(&s, "HEAD", "/_dreamemo/_heartbeat_/hello", 200, "");
	expect(&s, "GET", "//x/_heartbeat_/hello", 200, "");
	expect(&s, "GET", "/_groupcache/_heartbeat_/hello", 200, "");
	expect(&s, "GET", "/_groupcache/_heartbeat_/hallo", 404,
	       "no such group: _heartbeat_\n");
	server_drain(s.server);
	expect(&s, "GET", "/_heartbeat_/hello", 503, "draining\n");
	expect(&s, "GET", "/_groupcache/_heartbeat_/hello", 503, "draining\n");
	expect_good(&s);
	unserve(&s);
}

static void test_refresh(void **state)
{
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	serve(&s);
	expect_good(&s);
	expect_good(&s);
	assert_int_equal(loads, 1);
	fd = dial(&s);
	say(fd, "GET " GROUPCACHE "ping HTTP/1.1\r\nHost: x\r\n"
	        "Cache-Control: no-cache\r\n\r\n");
	assert_true(hear(fd, &r, false));
	assert_int_equal(r.status, 200);
	assert_memory_equal(r.body, "\n\6v:ping", 8);
	assert_int_equal(loads, 2);
	reply_release(&r);
	close(fd);
	unserve(&s);
}

static void test_methods(void **state)
{
	static const char *const others[] = { "POST",  "PUT",   "OPTIONS",
		                              "PATCH", "TRACE", "get" };
	struct served s;
	struct reply r;

	(void)state;
	serve(&s);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		fetch(&s, others[i], GROUPCACHE "ping", &r);
		assert_int_equal(r.status, 405);
		assert_string_equal(header_of(&r, "Allow"),
		                    "GET, HEAD, DELETE");
		reply_release(&r);
	}
	fetch(&s, "DELETE", "/_heartbeat_/hello", &r);
	assert_int_equal(r.status, 405);
	assert_string_equal(header_of(&r, "Allow"), "GET, HEAD");
	reply_release(&r);
	expect(&s, "GET", "/other", 404, "not found\n");
	expect(&s, "GET", "/", 404, "not found\n");
	assert_int_equal(loads, 0);
	unserve(&s);
}

/* Requests may come with the path of the node's own URL. */
static void test_prefix(void **state)
{
	static char self[] = "http://a:1/up";
	struct peers_config config = { .placement =
		                               placement_find("rendezvous"),
		                       .urls = (char *[]){ self },
		                       .count = 1,
		                       .self = self };
	struct peers *peers;
	struct served s;

	(void)state;
	assert_int_equal(peers_create(&peers, &config, NULL), 0);
	serve_with(&s, (struct server_config){ .peers = peers });
	expect(&s, "GET", "/up" GROUPCACHE "ping", 200, "\n\6v:ping");
	expect_good(&s);
	expect(&s, "GET", "/down" GROUPCACHE "ping", 404, "not found\n");
	unserve(&s);
	peers_destroy(peers);
}

static void test_counters(void **state)
{
	struct group_stats stats;
	struct served s;
	struct group *g;

	(void)state;
	serve(&s);
	expect_good(&s);
	expect_good(&s);
	expect(&s, "GET", GROUPCACHE "missing", 500, "no such key\n");
	g = node_find_group(s.node, "hello");
	stats = group_stats(g);
	group_unref(g);
	assert_int_equal(stats.of[COUNT_server_requests], 3);
	assert_int_equal(stats.of[COUNT_gets], 3);
	assert_int_equal(stats.of[COUNT_cache_hits], 1);
	unserve(&s);
}

/* A group that is closed says nothing about its keys. */
static void test_closed_group(void **state)
{
	struct served s;
	struct reply r;
	int fd;

	(void)state;
	serve(&s);
	fd = dial(&s);
	ask(fd, "GET", GROUPCACHE "slow");
	until(loads == 1);
	node_close(s.node);
	assert_true(hear(fd, &r, false));
	assert_int_equal(r.status, 500);
	assert_string_equal(header_of(&r, HEADER_ERRNO), "EIO");
	reply_release(&r);
	close(fd);
	expect(&s, "GET", GROUPCACHE "ping", 404, "no such group: hello\n");
	unserve(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_pipelining),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_large_value),
		cmocka_unit_test(test_long_key),
		cmocka_unit_test(test_expire),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_delete_group),
		cmocka_unit_test(test_heartbeat),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_closed_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
