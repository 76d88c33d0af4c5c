/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node with a getter of its own, a server on a free port, and raw HTTP over
 * loopback.  Included behind cmocka.h by what tests the server.
 *
 * What the getter brings: "v:KEY" and the suffix; for "empty…" nothing;
 * "missing…", "denied", "big", "late" and "fail" fail, each its own way;
 * "slow…" waits for the gate, or to be cancelled; "large" is LARGE bytes,
 * "middle…" MIDDLE.
 * "tagged" and "weak" have an ETag of that kind, and both a Last-Modified.
 */
#ifndef DREAMFS_TESTS_PEER_CLIENT_H
#define DREAMFS_TESTS_PEER_CLIENT_H

#include "serve/peers.h" /* src/, not the one beside this file */
#include "spec.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LARGE       ((size_t)8 << 20)
#define MIDDLE      ((size_t)200000)
#define PATIENCE_S  120
#define CLIENT_ROOM 8192

static const char *suffix = "";
static atomic_int loads, cancelled;
static atomic_bool gate; /* open */

static inline bool starts(struct key key, const char *text)
{
	size_t n = strlen(text);

	return key.len >= n && memcmp(key.data, text, n) == 0;
}

/* True: go on; false: cancelled. */
static inline bool wait_for_gate(const struct load *load)
{
	struct pollfd p = { .fd = load->cancel_fd, .events = POLLIN };

	while (!gate)
		if (poll(&p, 1, 5) > 0)
			return false;
	return true;
}

static inline int test_failure(struct key key)
{
	return starts(key, "missing")  ? -ENOENT
	       : starts(key, "denied") ? -EACCES
	       : starts(key, "big")    ? -EFBIG
	       : starts(key, "late")   ? -ETIMEDOUT
	       : starts(key, "fail")   ? -EIO
	                               : 0;
}

static inline char large_byte(size_t at)
{
	return (char)(at * 31 >> 3);
}

static inline void test_value(struct buf *b, struct key key)
{
	if (starts(key, "large") || starts(key, "middle")) {
		size_t size = starts(key, "large") ? LARGE : MIDDLE;

		assert_int_equal(buf_reserve(b, size), 0);
		for (size_t i = 0; i < size; i++)
			b->data[i] = large_byte(i);
		b->len = size;
	} else if (!starts(key, "empty") && !starts(key, "noset")) {
		assert_int_equal(buf_puts(b, "v:"), 0);
		assert_int_equal(buf_append(b, key.data, key.len), 0);
		assert_int_equal(buf_puts(b, suffix), 0);
	}
}

static inline struct value_meta test_meta(struct key key)
{
	if (starts(key, "tagged"))
		return (struct value_meta){ .etag = "\"v1\"",
			                    .mtime_ns = 784111777000000000 };
	if (starts(key, "weak"))
		return (struct value_meta){ .etag = "W/\"v1\"",
			                    .mtime_ns = 784111777000000000 };
	return (struct value_meta){ 0 };
}

static inline int test_get(void *getter, const struct load *load,
                           struct load_result *result)
{
	struct value_meta meta = test_meta(load->key);
	struct buf b;
	int err = test_failure(load->key);

	(void)getter;
	atomic_fetch_add(&loads, 1);
	if (err)
		return err;
	if (starts(load->key, "slow") && !wait_for_gate(load)) {
		atomic_fetch_add(&cancelled, 1);
		return -ECANCELED;
	}
	buf_init(&b, LARGE);
	test_value(&b, load->key);
	if (starts(load->key, "old"))
		result->ttl_ms = 0;
	result->must_revalidate = starts(load->key, "old, strict");
	result->value = value_create(&b, &meta);
	buf_release(&b);
	return result->value ? 0 : -EIO;
}

static inline int test_create(void **getter, const struct getter_spec *spec,
                              struct reason *why)
{
	(void)spec, (void)why;
	*getter = NULL;
	return 0;
}

static inline void test_destroy(void *getter)
{
	(void)getter;
}

static const struct getter_ops test_ops = {
	.source = { .name = "test" },
	.create = test_create,
	.destroy = test_destroy,
	.get = test_get,
};

struct served {
	struct node *node;
	struct server *server;
	uint16_t port;
};

static inline void add_group(struct node *node, const char *name,
                             int64_t ttl_ms)
{
	struct group_settings settings = {
		.policy = evict_find("lru"),
		.capacity = 64 << 20,
		.max_value = LARGE,
		.ttl_ms = ttl_ms,
		.stale_ms = 3600000,
		.timeout_ms = 3600000,
		.loads = 8,
	};
	struct spec spec = { .ops = &test_ops, .source = "" };
	struct getter *getter;
	struct reason why;

	assert_int_equal(spec_create(&getter, &spec, &why), 0);
	assert_int_equal(node_add_group(node, name, &settings, getter), 0);
	getter_unref(getter);
}

/* A node with group "hello" (nothing expires) and "brief" (an hour). */
static inline void serve_with(struct served *s, struct server_config config)
{
	struct reason why = { "" };

	suffix = "";
	loads = cancelled = 0;
	gate = false;
	if (!config.listen)
		config.listen = "127.0.0.1:0";
	assert_int_equal(node_create(&s->node, 8), 0);
	add_group(s->node, "hello", 0);
	add_group(s->node, "brief", 3600000);
	if (server_create(&s->server, s->node, &config, &why) < 0)
		fail_msg("%s", why.text);
	s->port = httpd_port(server_httpd(s->server));
}

static inline void serve(struct served *s)
{
	serve_with(s, (struct server_config){ 0 });
}

static inline void unserve(struct served *s)
{
	server_destroy(s->server);
	node_destroy(s->node);
}

/* Waits for a condition, not for a time. */
#define until(condition) \
	do { \
		int patience = PATIENCE_S * 1000; \
		while (!(condition)) { \
			usleep(1000); \
			if (--patience == 0) \
				fail_msg("waited for " #condition); \
		} \
	} while (0)

/* ---- raw HTTP ---- */

struct reply {
	int status;
	char head[CLIENT_ROOM]; /* status line and headers */
	char *body;
	size_t len;
};

static inline int dial(const struct served *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(s->port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static inline void say_bytes(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		assert_true(sent > 0);
		bytes += sent;
		n -= (size_t)sent;
	}
}

static inline void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

/* Sends a request with one more header, which may be "". */
static inline void ask_with(int fd, const char *method, const char *path,
                            const char *header)
{
	char line[CLIENT_ROOM];
	int n = snprintf(line, sizeof(line),
	                 "%s %s HTTP/1.1\r\nHost: here\r\n%s\r\n", method, path,
	                 header);

	assert_true(n > 0 && (size_t)n < sizeof(line));
	say(fd, line);
}

static inline void ask(int fd, const char *method, const char *path)
{
	ask_with(fd, method, path, "");
}

/* Byte by byte, so that the next reply is left for the next call.  False when
 * the connection ended. */
static inline bool hear_head(int fd, struct reply *r)
{
	size_t n = 0;

	while (n < sizeof(r->head) - 1) {
		if (recv(fd, r->head + n, 1, 0) != 1)
			return false;
		r->head[++n] = '\0';
		if (n >= 4 && strcmp(r->head + n - 4, "\r\n\r\n") == 0)
			return sscanf(r->head, "HTTP/1.%*d %d", &r->status) ==
			       1;
	}
	return false;
}

/* The value of a header in the reply, in a static buffer; "" if none. */
static inline const char *header_of(const struct reply *r, const char *name)
{
	static char value[256];
	char line[64];
	const char *at;

	snprintf(line, sizeof(line), "\r\n%s: ", name);
	at = strcasestr(r->head, line);
	value[0] = '\0';
	if (at)
		sscanf(at + strlen(line), "%255[^\r]", value);
	return value;
}

static inline void reply_release(struct reply *r)
{
	free(r->body);
	r->body = NULL;
}

/* Reads one reply; `head` when a HEAD was asked.  False when the connection
 * ended instead. */
static inline bool hear(int fd, struct reply *r, bool head)
{
	size_t len;

	*r = (struct reply){ 0 };
	if (!hear_head(fd, r))
		return false;
	if (r->status == 204 || r->status == 304)
		return true;
	assert_int_equal(sscanf(header_of(r, "Content-Length"), "%zu", &len),
	                 1);
	r->body = calloc(1, len + 1);
	assert_non_null(r->body);
	if (head)
		return true;
	while (r->len < len) {
		ssize_t n = recv(fd, r->body + r->len, len - r->len, 0);

		if (n <= 0)
			return false;
		r->len += (size_t)n;
	}
	return true;
}

/* One request on a connection of its own. */
static inline void fetch(const struct served *s, const char *method,
                         const char *path, struct reply *r)
{
	int fd = dial(s);

	ask(fd, method, path);
	assert_true(hear(fd, r, strcmp(method, "HEAD") == 0));
	close(fd);
}

static inline void expect(const struct served *s, const char *method,
                          const char *path, int status, const char *body)
{
	struct reply r;

	fetch(s, method, path, &r);
	assert_int_equal(r.status, status);
	assert_int_equal(r.len, strlen(body));
	assert_memory_equal(r.body, body, r.len);
	reply_release(&r);
}

/* A good client is served. */
static inline void expect_good(const struct served *s)
{
	expect(s, "GET", "/_groupcache/hello/ping", 200, "\n\6v:ping");
}

/* The other side has closed, cleanly or not. */
static inline bool is_closed(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

#endif
