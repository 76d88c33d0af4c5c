/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's CURLOPT_CONNECT_ONLY: it makes the connection and stops there.
 * Each stream has a multi handle of its own, since only with one can a
 * connection that is being made be given up.
 */
#include "net/stream.h"

#include "lib/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define URL_MAX      512
#define POLL_MS      1000
#define KEEPALIVE_S  30L /* of silence, until the other side is asked */
#define KEEPALIVE_HZ 10L /* and asked again */

struct stream {
	CURL *easy;
	CURLM *multi;
	curl_socket_t fd;
	char error[CURL_ERROR_SIZE];
	unsigned int patience_ms;
};

/* A host that vanished sends no reset: the kernel gives up by this. */
static int on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const struct stream *s = ctx;

	(void)purpose;
	/* Of a unix socket it is refused, and not needed. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &s->patience_ms,
	                 sizeof(s->patience_ms));
	return CURL_SOCKOPT_OK;
}

/* The scheme only says whether there is TLS: no HTTP is spoken. */
static CURLcode set_place(struct stream *s, const struct stream_place *place)
{
	CURLcode err = CURLE_OK;
	char url[URL_MAX];
	int len = place->path ? snprintf(url, sizeof(url), "http://localhost/")
	                      : snprintf(url, sizeof(url), "%s://%s:%u/",
	                                 place->secure ? "https" : "http",
	                                 place->host, place->port);

	if ((size_t)len >= sizeof(url))
		return CURLE_URL_MALFORMAT;
	CURLBASE_SET(err, s->easy, CURLOPT_URL, url);
	CURLBASE_SET(err, s->easy, CURLOPT_UNIX_SOCKET_PATH, place->path);
	CURLBASE_SET(err, s->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	CURLBASE_SET(err, s->easy, CURLOPT_CONNECT_ONLY, 1L);
	CURLBASE_SET(err, s->easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	CURLBASE_SET(err, s->easy, CURLOPT_NOSIGNAL, 1L);
	CURLBASE_SET(err, s->easy, CURLOPT_QUICK_EXIT, 1L);
	/* Those of the environment are for HTTP. */
	CURLBASE_SET(err, s->easy, CURLOPT_PROXY, "");
	CURLBASE_SET(err, s->easy, CURLOPT_ERRORBUFFER, s->error);
	CURLBASE_SET(err, s->easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	CURLBASE_SET(err, s->easy, CURLOPT_SOCKOPTDATA, s);
	CURLBASE_SET(err, s->easy, CURLOPT_TCP_NODELAY, 1L);
	CURLBASE_SET(err, s->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	CURLBASE_SET(err, s->easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	CURLBASE_SET(err, s->easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_HZ);
	return err ? err : curlbase_set_tls(s->easy, &place->tls);
}

/* Milliseconds for poll(2), 0 when the deadline has passed. */
static int rest_ms(const struct stream_wait *wait)
{
	int64_t left;

	if (wait->deadline == CLOCK_NEVER)
		return POLL_MS;
	left = wait->deadline - clock_now_ms();
	return left < 0 ? 0 : left < POLL_MS ? (int)left : POLL_MS;
}

/* Drives the connecting to its end. */
static int stream_connect(struct stream *s, const struct stream_wait *wait,
                          struct reason *why)
{
	struct curl_waitfd cancel = { wait->cancel_fd, CURL_WAIT_POLLIN, 0 };
	unsigned int extra = wait->cancel_fd >= 0;
	char text[CURL_ERROR_SIZE];
	int running = 1, left;
	CURLMsg *message;

	for (;;) {
		if (curl_multi_perform(s->multi, &running) != CURLM_OK)
			return reason_oom(why, -ENOMEM);
		if (!running)
			break;
		cancel.revents = 0;
		left = rest_ms(wait);
		if (left == 0)
			return reason_set(why, -ETIMEDOUT, "no answer");
		curl_multi_poll(s->multi, &cancel, extra, left, NULL);
		if (extra && cancel.revents)
			return reason_set(why, -ECANCELED, "cancelled");
	}
	message = curl_multi_info_read(s->multi, &left);
	if (!message)
		return reason_oom(why, -ENOMEM);
	if (message->data.result)
		return reason_set(why, -EIO, "%s",
		                  curlbase_explain(s->easy,
		                                   message->data.result,
		                                   s->error, text));
	curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &s->fd);
	return s->fd == CURL_SOCKET_BAD ? reason_set(why, -EIO, "no connection")
	                                : 0;
}

int stream_open(struct stream **out, const struct stream_place *place,
                const struct stream_wait *wait, struct reason *why)
{
	struct stream *s = calloc(1, sizeof(*s));
	CURLcode code = CURLE_OUT_OF_MEMORY;
	int err = 0;

	*out = NULL;
	if (!s)
		return reason_oom(why, -ENOMEM);
	s->fd = CURL_SOCKET_BAD;
	s->patience_ms = (unsigned int)place->patience_ms;
	s->easy = curl_easy_init();
	s->multi = curl_multi_init();
	if (s->easy && s->multi)
		code = set_place(s, place);
	if (code)
		err = reason_set(why, -EIO, "%s", curl_easy_strerror(code));
	else if (curl_multi_add_handle(s->multi, s->easy))
		err = reason_oom(why, -ENOMEM);
	else
		err = stream_connect(s, wait, why);
	if (err) {
		stream_close(s);
		return err;
	}
	*out = s;
	return 0;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	if (s->easy && s->multi)
		curl_multi_remove_handle(s->multi, s->easy);
	curl_easy_cleanup(s->easy);
	curl_multi_cleanup(s->multi);
	free(s);
}

/* Until the socket is ready for `events`. */
static int stream_poll(const struct stream *s, short events,
                       const struct stream_wait *wait)
{
	struct pollfd fds[] = {
		{ s->fd, events, 0 },
		{ wait->cancel_fd, POLLIN, 0 },
	};
	int ms;

	do {
		ms = rest_ms(wait);
		if (poll(fds, 2, ms) < 0 && errno != EINTR)
			return -EIO;
		if (fds[1].revents)
			return -ECANCELED;
	} while (!fds[0].revents && ms > 0);
	return fds[0].revents ? 0 : -ETIMEDOUT;
}

int stream_send(struct stream *s, const void *bytes, size_t n,
                const struct stream_wait *wait)
{
	const char *at = bytes;
	CURLcode code;
	size_t sent;
	int err = 0;

	while (n && !err) {
		sent = 0;
		code = curl_easy_send(s->easy, at, n, &sent);
		if (code == CURLE_AGAIN)
			err = stream_poll(s, POLLOUT, wait);
		else if (code)
			err = -EIO;
		at += sent;
		n -= sent;
	}
	return err;
}

long stream_receive(struct stream *s, void *room, size_t n,
                    const struct stream_wait *wait)
{
	CURLcode code;
	size_t got;
	int err;

	for (;;) {
		got = 0;
		code = curl_easy_recv(s->easy, room, n, &got);
		if (code == CURLE_OK)
			return got ? (long)got : -EIO;
		if (code != CURLE_AGAIN)
			return -EIO;
		err = stream_poll(s, POLLIN, wait);
		if (err)
			return err;
	}
}

bool stream_is_quiet(const struct stream *s)
{
	struct pollfd p = { s->fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 0;
}
