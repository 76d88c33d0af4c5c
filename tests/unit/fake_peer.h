/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer of the tests' own, which says on the wire just what a test wants.
 * Included behind cmocka.h.
 *
 * One thread a connection.  Requests are counted by kind; what they are
 * answered is a switch that may be turned at any time.
 */
#ifndef DREAMFS_TESTS_FAKE_PEER_H
#define DREAMFS_TESTS_FAKE_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FAKE_CONNECTIONS 1024
#define FAKE_VALUE       "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x0a\x01v"

enum fake_mode {
	FAKE_ANSWERS, /* to a GET its `answer`, to the others 200 */
	FAKE_FROZEN,  /* accepts and says nothing */
	FAKE_SLOW,    /* as the first, but for the GETs, which wait */
	FAKE_LEAVES,  /* its heartbeat is 503 */
	FAKE_RESETS,  /* closes instead of answering */
};

struct fake_peer {
	int fd;
	int port;
	char url[64];
	pthread_t thread;
	_Atomic enum fake_mode mode;
	_Atomic(const char *) answer;  /* to a GET; then it may close */
	atomic_size_t answer_len;      /* 0: it is a string */
	atomic_bool closes;            /* after the answer */
	_Atomic(const char *) endless; /* sent behind it until it breaks */
	atomic_int gets, beats, deletes;
	pthread_mutex_t lock;
	/* under lock */
	bool stop;
	char deleted[4096]; /* the last DELETE */
	char got[4096];     /* the last GET */
	char beat[4096];    /* the last heartbeat */
	int fds[FAKE_CONNECTIONS];
	pthread_t threads[FAKE_CONNECTIONS];
	size_t count;
};

struct fake_connection {
	struct fake_peer *peer;
	int fd;
};

static inline void fake_pause(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

static inline bool fake_send(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

static inline bool fake_stopped(struct fake_peer *p)
{
	bool stop;

	pthread_mutex_lock(&p->lock);
	stop = p->stop;
	pthread_mutex_unlock(&p->lock);
	return stop;
}

/* Waits while it is told to; false when there is no more to say. */
static inline bool fake_wait(struct fake_peer *p, bool get)
{
	while (!fake_stopped(p)) {
		enum fake_mode mode = atomic_load(&p->mode);

		if (mode != FAKE_FROZEN && !(mode == FAKE_SLOW && get))
			return mode != FAKE_RESETS;
		fake_pause();
	}
	return false;
}

static inline bool fake_reply(struct fake_peer *p, int fd, bool get, bool beat)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	static const char leaves[] = "HTTP/1.1 503 Service Unavailable\r\n"
	                             "Content-Length: 0\r\n\r\n";
	const char *answer = atomic_load(&p->answer);
	const char *endless = atomic_load(&p->endless);
	size_t len = atomic_load(&p->answer_len);

	if (!fake_wait(p, get))
		return false;
	if (beat && atomic_load(&p->mode) == FAKE_LEAVES)
		return fake_send(fd, leaves, sizeof(leaves) - 1);
	if (!get)
		return fake_send(fd, ok, sizeof(ok) - 1);
	if (!fake_send(fd, answer, len ? len : strlen(answer)))
		return false;
	while (endless && fake_send(fd, endless, strlen(endless)))
		;
	return !endless && !atomic_load(&p->closes);
}

static inline bool fake_serve(struct fake_peer *p, int fd, const char *request)
{
	bool beat = strstr(request, "_heartbeat_/hello ") != NULL;
	bool gone = strncmp(request, "DELETE ", 7) == 0;
	bool get = !beat && !gone, more;

	/* A DELETE counts once it is answered. */
	if (!gone) {
		pthread_mutex_lock(&p->lock);
		snprintf(beat ? p->beat : p->got, sizeof(p->got), "%s",
		         request);
		pthread_mutex_unlock(&p->lock);
		atomic_fetch_add(beat ? &p->beats : &p->gets, 1);
	}
	more = fake_reply(p, fd, get, beat);
	if (gone && more) {
		pthread_mutex_lock(&p->lock);
		snprintf(p->deleted, sizeof(p->deleted), "%s", request);
		pthread_mutex_unlock(&p->lock);
		atomic_fetch_add(&p->deletes, 1);
	}
	return more;
}

static inline void *fake_connection_run(void *arg)
{
	struct fake_connection *c = arg;
	char request[4096];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(request) - 1 &&
	       (n = recv(c->fd, request + len, sizeof(request) - 1 - len, 0)) >
	               0) {
		len += (size_t)n;
		request[len] = '\0';
		if (!strstr(request, "\r\n\r\n"))
			continue;
		if (!fake_serve(c->peer, c->fd, request))
			break;
		len = 0;
	}
	shutdown(c->fd, SHUT_RDWR);
	free(c);
	return NULL;
}

static inline void *fake_run(void *arg)
{
	struct fake_peer *p = arg;
	int fd;

	while ((fd = accept(p->fd, NULL, NULL)) >= 0) {
		struct fake_connection *c = malloc(sizeof(*c));

		*c = (struct fake_connection){ p, fd };
		pthread_mutex_lock(&p->lock);
		p->fds[p->count] = fd;
		pthread_create(&p->threads[p->count], NULL, fake_connection_run,
		               c);
		p->count++;
		pthread_mutex_unlock(&p->lock);
		if (p->count == FAKE_CONNECTIONS)
			break;
	}
	return NULL;
}

static inline void fake_start(struct fake_peer *p)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	memset(p, 0, sizeof(*p));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(p->fd, 64), 0);
	getsockname(p->fd, (struct sockaddr *)&at, &len);
	p->port = ntohs(at.sin_port);
	snprintf(p->url, sizeof(p->url), "http://127.0.0.1:%d", p->port);
	pthread_mutex_init(&p->lock, NULL);
	atomic_store(&p->answer, FAKE_VALUE);
	assert_int_equal(pthread_create(&p->thread, NULL, fake_run, p), 0);
}

static inline void fake_stop(struct fake_peer *p)
{
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_mutex_unlock(&p->lock);
	shutdown(p->fd, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	for (size_t i = 0; i < p->count; i++) {
		shutdown(p->fds[i], SHUT_RDWR);
		pthread_join(p->threads[i], NULL);
		close(p->fds[i]);
	}
	close(p->fd);
	pthread_mutex_destroy(&p->lock);
}

/* Copies of what it was asked; return out. */
static inline char *fake_copy(struct fake_peer *p, const char *text,
                              char out[4096])
{
	pthread_mutex_lock(&p->lock);
	memcpy(out, text, strlen(text) + 1);
	pthread_mutex_unlock(&p->lock);
	return out;
}

static inline char *fake_deleted(struct fake_peer *p, char out[4096])
{
	return fake_copy(p, p->deleted, out);
}

static inline char *fake_got(struct fake_peer *p, char out[4096])
{
	return fake_copy(p, p->got, out);
}

static inline char *fake_beat(struct fake_peer *p, char out[4096])
{
	return fake_copy(p, p->beat, out);
}

#endif
