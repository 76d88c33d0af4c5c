/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop and its connections.
 *
 * Our epoll set holds libmicrohttpd's own epoll descriptor, an eventfd, the
 * listening socket and the sockets of clients that wait.  Each round first
 * sees to what is ours, then lets libmicrohttpd do all it can without
 * waiting, then closes who took too long.  A connection's memory goes only
 * inside MHD_run(), after the round's events were seen, so no event can point
 * to one that is gone.
 */
#include "net/httpd_priv.h"

#include "lib/clock.h"
#include "net/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUND   64  /* events, and new connections, at a time */
#define DEAF_MS 100 /* until we look again who wants to come in */
/* Who must make room for others: a newcomer may say what he wants first. */
#define IDLE_SPARE_MS 250
#define SEND_SPARE_MS 5000

/* ---- connections ---- */

/* Tells libmicrohttpd, by way of the socket. */
static void connection_shut(struct http_request *r)
{
	shutdown(r->fd, SHUT_RDWR);
	http_enter(r, HTTP_CLOSING);
}

/* The one that has been longest in a phase, if that is so long. */
static struct http_request *oldest_in(const struct httpd *h,
                                      enum http_phase phase, int64_t ms)
{
	const struct list_node *list = &h->in[phase];
	struct http_request *r =
	        container_of(list->next, struct http_request, by_time);

	return !list_empty(list) && r->since_ms + ms <= h->now_ms ? r : NULL;
}

/* Closes all that have been in a phase for `limit_ms`; returns when the next
 * one is due. */
static int64_t sweep(struct httpd *h, enum http_phase phase, int64_t limit_ms)
{
	struct http_request *r;

	while ((r = oldest_in(h, phase, limit_ms)))
		connection_shut(r);
	r = oldest_in(h, phase, 0);
	return r ? r->since_ms + limit_ms : CLOCK_NEVER;
}

/* Somebody must go for a newcomer; false if nobody can just now. */
static bool make_room(struct httpd *h)
{
	struct http_request *r = oldest_in(h, HTTP_IDLE, IDLE_SPARE_MS);

	if (!r)
		r = oldest_in(h, HTTP_SENDING, SEND_SPARE_MS);
	if (r)
		connection_shut(r);
	return r;
}

static void connection_changed(void *cls, struct MHD_Connection *connection,
                               void **context,
                               enum MHD_ConnectionNotificationCode what)
{
	struct httpd *h = cls;
	struct http_request *r = *context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		h->open--;
		if (r)
			http_enter(r, HTTP_CLOSING);
		free(r);
		*context = NULL;
		return;
	}
	h->open++;
	r = *context = calloc(1, h->ops.request_size);
	if (!r)
		return;
	r->httpd = h;
	r->connection = connection;
	r->fd = MHD_get_connection_info(connection,
	                                MHD_CONNECTION_INFO_CONNECTION_FD)
	                ->connect_fd;
	list_init(&r->by_time);
	list_init(&r->by_ready);
	http_enter(r, HTTP_IDLE);
}

/* ---- listening ---- */

static int watch(struct httpd *h, int op, int fd, uint32_t events, void *mark)
{
	struct epoll_event e = { .events = events, .data.ptr = mark };

	return epoll_ctl(h->epoll, op, fd, &e) < 0 ? -errno : 0;
}

static void listen_pause(struct httpd *h)
{
	watch(h, EPOLL_CTL_MOD, h->listen, 0, &h->listen);
	h->deaf_until_ms = h->now_ms + DEAF_MS;
}

static void accept_some(struct httpd *h)
{
	struct sockaddr_storage from;

	if (h->open >= h->limit && !make_room(h))
		listen_pause(h);
	for (int i = 0; i < ROUND && h->open < h->limit; i++) {
		socklen_t len = sizeof(from);
		int fd = accept4(h->listen, (struct sockaddr *)&from, &len,
		                 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			MHD_add_connection(h->daemon, fd,
			                   (struct sockaddr *)&from, len);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		log_often(&h->refused, LOG_LVL_WARN,
		          &(struct log_about){ .error = strerror(errno) },
		          "cannot accept a connection");
		make_room(h);
		listen_pause(h);
		return;
	}
}

/* ---- the loop ---- */

static void abandon(struct httpd *h, struct http_request *r)
{
	if (r->phase == HTTP_WAITING)
		h->ops.abandon(h->owner, r);
}

static void handle_event(struct httpd *h, const struct epoll_event *e)
{
	uint64_t count;

	if (e->data.ptr == &h->wake) {
		if (read(h->wake, &count, sizeof(count)) < 0)
			return;
	} else if (e->data.ptr == &h->listen) {
		accept_some(h);
	} else if (e->data.ptr != &h->daemon) {
		abandon(h, e->data.ptr);
	}
}

/* How long the loop may sleep, with all time limits seen to. */
static int time_left(struct httpd *h)
{
	int64_t due = sweep(h, HTTP_IDLE, h->idle_ms);
	int64_t next = sweep(h, HTTP_SENDING, HTTPD_SEND_MS);
	MHD_UNSIGNED_LONG_LONG ms;

	due = next < due ? next : due;
	if (h->deaf_until_ms && h->now_ms >= h->deaf_until_ms) {
		if (h->listen >= 0)
			watch(h, EPOLL_CTL_MOD, h->listen, EPOLLIN, &h->listen);
		h->deaf_until_ms = 0;
	} else if (h->deaf_until_ms && h->deaf_until_ms < due) {
		due = h->deaf_until_ms;
	}
	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES &&
	    (due == CLOCK_NEVER || (int64_t)ms < due - h->now_ms))
		due = h->now_ms + (int64_t)ms;
	if (due == CLOCK_NEVER)
		return -1;
	return due - h->now_ms < INT32_MAX ? (int)(due - h->now_ms) : INT32_MAX;
}

static void httpd_round(struct httpd *h, int timeout_ms)
{
	struct epoll_event events[ROUND];
	int n = epoll_wait(h->epoll, events, ROUND, timeout_ms);

	h->now_ms = clock_now_ms();
	for (int i = 0; i < n; i++)
		handle_event(h, &events[i]);
	http_resume_ready(h);
	MHD_run(h->daemon);
	atomic_fetch_add(&h->turns, 1);
}

static void *httpd_run(void *arg)
{
	struct httpd *h = arg;
	struct list_node *waiting = &h->in[HTTP_WAITING];

	pthread_setname_np(pthread_self(), "httpd");
	h->now_ms = clock_now_ms();
	while (!atomic_load(&h->stop))
		httpd_round(h, time_left(h));
	close(h->listen);
	h->listen = -1;
	for (struct list_node *n = waiting->next, *next; n != waiting;
	     n = next) {
		next = n->next;
		abandon(h, container_of(n, struct http_request, by_time));
	}
	while (!list_empty(waiting))
		httpd_round(h, time_left(h));
	/* What was replied last is still to be sent. */
	httpd_round(h, 0);
	MHD_stop_daemon(h->daemon);
	h->daemon = NULL;
	return NULL;
}

/* ---- life ---- */

/* Paths stay as they were on the wire. */
static size_t leave_escaped(void *cls, struct MHD_Connection *connection,
                            char *text)
{
	(void)cls, (void)connection;
	return strlen(text);
}

static unsigned int connection_limit(unsigned int wanted)
{
	struct rlimit files;

	if (wanted == 0)
		wanted = HTTPD_CONNECTIONS;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur / 4 * 3 < wanted)
		wanted = (unsigned int)(files.rlim_cur / 4 * 3);
	return wanted ? wanted : 1;
}

static int httpd_start(struct httpd *h)
{
	const union MHD_DaemonInfo *info;
	int err;

	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	h->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->epoll < 0 || h->wake < 0)
		return -errno;
	h->daemon = MHD_start_daemon(
	        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
	                MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO,
	        0, NULL, NULL, http_handle, h, MHD_OPTION_NOTIFY_COMPLETED,
	        http_completed, h, MHD_OPTION_NOTIFY_CONNECTION,
	        connection_changed, h, MHD_OPTION_URI_LOG_CALLBACK, http_target,
	        h, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
	        MHD_OPTION_CONNECTION_MEMORY_LIMIT, h->memory,
	        MHD_OPTION_CONNECTION_LIMIT, h->limit + 1,
	        MHD_OPTION_CONNECTION_TIMEOUT,
	        (unsigned int)((h->idle_ms + 999) / 1000), MHD_OPTION_END);
	if (!h->daemon)
		return -ENOMEM;
	info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	err = watch(h, EPOLL_CTL_ADD, info->epoll_fd, EPOLLIN, &h->daemon);
	if (!err)
		err = watch(h, EPOLL_CTL_ADD, h->wake, EPOLLIN, &h->wake);
	if (!err)
		err = watch(h, EPOLL_CTL_ADD, h->listen, EPOLLIN, &h->listen);
	return err ? err : -pthread_create(&h->thread, NULL, httpd_run, h);
}

static void httpd_free(struct httpd *h)
{
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	if (h->listen >= 0)
		close(h->listen);
	if (h->wake >= 0)
		close(h->wake);
	if (h->epoll >= 0)
		close(h->epoll);
	log_limit_release(&h->refused);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

int httpd_create(struct httpd **out, const struct httpd_config *config,
                 struct reason *why)
{
	struct httpd *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		return reason_set(why, -ENOMEM, "cannot listen: no memory");
	h->ops = *config->ops;
	h->owner = config->owner;
	h->idle_ms = config->idle_ms ? config->idle_ms : HTTPD_IDLE_MS;
	h->limit = connection_limit(config->connections);
	h->memory = config->memory ? config->memory : HTTPD_MEMORY;
	h->epoll = h->wake = -1;
	pthread_mutex_init(&h->lock, NULL);
	list_init(&h->ready);
	for (int phase = HTTP_IDLE; phase < HTTP_CLOSING; phase++)
		list_init(&h->in[phase]);
	err = h->listen = listen_open(config->listen, why);
	if (h->listen >= 0) {
		h->port = listen_port(h->listen);
		err = httpd_start(h);
		if (err)
			reason_set(why, err, "cannot serve '%s': %s",
			           config->listen, strerror(-err));
	}
	if (err) {
		httpd_free(h);
		return err;
	}
	*out = h;
	return 0;
}

void httpd_wake(struct httpd *h)
{
	uint64_t one = 1;

	while (write(h->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
}

void httpd_stop(struct httpd *h)
{
	if (h->joined)
		return;
	atomic_store(&h->stop, true);
	httpd_wake(h);
	pthread_join(h->thread, NULL);
	h->joined = true;
}

void httpd_destroy(struct httpd *h)
{
	if (!h)
		return;
	httpd_stop(h);
	httpd_free(h);
}

uint16_t httpd_port(const struct httpd *h)
{
	return h->port;
}

bool httpd_busy(struct httpd *h)
{
	return atomic_load(&h->busy) > 0;
}

unsigned int httpd_pulse(struct httpd *h)
{
	unsigned int turns = atomic_load(&h->turns);

	httpd_wake(h);
	return turns;
}
