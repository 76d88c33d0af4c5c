/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request from its head to its reply.
 *
 * libmicrohttpd calls http_handle() when it has the head, for each piece of
 * a body, and when all of the request is there; once more if we then had no
 * memory for a reply.  A reply given at the first of these ends the
 * connection, since a body may still follow; so requests are answered at the
 * third.
 *
 * A connection that waits is suspended: libmicrohttpd does not look at its
 * socket, nor at its time.  We watch the socket meanwhile, so that nothing is
 * loaded for a client that hung up.
 *
 * A reply's head and its body in pieces take two system calls, together in
 * one block of memory they take one.  Up to HTTP_COPY_MAX, copying costs less
 * than that second call.
 */
#include "net/httpd_priv.h"

#include "lib/units.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#define HTTP_COPY_MAX 16384

static bool is_busy(enum http_phase phase)
{
	return phase == HTTP_WORKING || phase == HTTP_WAITING ||
	       phase == HTTP_SENDING;
}

void http_enter(struct http_request *r, enum http_phase phase)
{
	struct httpd *h = r->httpd;

	list_remove(&r->by_time);
	if (phase != HTTP_CLOSING)
		list_insert(h->in[phase].prev, &r->by_time);
	/* In this order it is never 0 on the way from one to the next. */
	if (is_busy(phase))
		atomic_fetch_add(&h->busy, 1);
	if (is_busy(r->phase))
		atomic_fetch_sub(&h->busy, 1);
	r->phase = phase;
	r->since_ms = h->now_ms;
}

/* ---- waiting ---- */

static void http_wait(struct http_request *r)
{
	struct epoll_event e = { .events = EPOLLRDHUP | EPOLLONESHOT,
		                 .data.ptr = r };

	MHD_suspend_connection(r->connection);
	http_enter(r, HTTP_WAITING);
	r->watched = epoll_ctl(r->httpd->epoll, EPOLL_CTL_ADD, r->fd, &e) == 0;
}

/* The loop's thread empties the queue under the lock, so nothing here is
 * touched any more when it has seen the request. */
void http_ready(struct http_request *r)
{
	struct httpd *h = r->httpd;
	bool first;

	pthread_mutex_lock(&h->lock);
	first = list_empty(&h->ready);
	list_insert(h->ready.prev, &r->by_ready);
	if (first)
		httpd_wake(h);
	pthread_mutex_unlock(&h->lock);
}

static struct http_request *next_ready(struct httpd *h)
{
	struct list_node *node;

	pthread_mutex_lock(&h->lock);
	node = list_pop(&h->ready);
	pthread_mutex_unlock(&h->lock);
	return node ? container_of(node, struct http_request, by_ready) : NULL;
}

/* The reply comes first: whatever libmicrohttpd finds when it looks at the
 * socket again, finish() has been called. */
void http_resume_ready(struct httpd *h)
{
	struct http_request *r;

	while ((r = next_ready(h))) {
		if (r->watched)
			epoll_ctl(h->epoll, EPOLL_CTL_DEL, r->fd, NULL);
		r->watched = false;
		http_enter(r, HTTP_WORKING);
		h->ops.finish(h->owner, r);
		MHD_resume_connection(r->connection);
	}
}

/* ---- requests ---- */

static enum http_method method_of(const char *method)
{
	if (strcmp(method, "GET") == 0)
		return HTTP_GET;
	if (strcmp(method, "HEAD") == 0)
		return HTTP_HEAD;
	return strcmp(method, "DELETE") == 0 ? HTTP_DELETE : HTTP_OTHER;
}

const char *http_request_header(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
	                                   name);
}

bool http_wants_refresh(const struct http_request *r)
{
	const char *control = http_request_header(r, "Cache-Control");

	return control && strcasecmp(control, "no-cache") == 0;
}

const char *http_request_query(const struct http_request *r, const char *name)
{
	const char *value = NULL;
	size_t len;

	if (MHD_lookup_connection_value_n(r->connection, MHD_GET_ARGUMENT_KIND,
	                                  name, strlen(name), &value,
	                                  &len) == MHD_NO)
		return NULL;
	return value ? value : "";
}

/* A body is coming, and not a small one.  What is chunked says only at its
 * end how long it is. */
static bool body_is_large(const struct http_request *r)
{
	const char *length = http_request_header(r, "Content-Length");
	uint64_t n;

	if (length && number_parse(length, 10, HTTPD_BODY_MAX, &n) < 0)
		return true;
	return http_request_header(r, "Transfer-Encoding") != NULL;
}

static void http_refuse(struct http_request *r, int status, const char *text)
{
	struct httpd *h = r->httpd;

	if (h->ops.refuse)
		h->ops.refuse(h->owner, r, status, text);
	else
		http_reply_text(r, status, text);
}

void *http_target(void *cls, const char *target,
                  struct MHD_Connection *connection)
{
	struct http_request *r =
	        MHD_get_connection_info(connection,
	                                MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	                ->socket_context;

	(void)cls;
	if (r) {
		r->target = target;
		r->target_len = target ? strlen(target) : 0;
		r->headed = r->failed = false;
		r->body = 0;
	}
	return r;
}

/* The HTTP version stands right behind the request's target, so a NUL byte
 * in there shows: it would make another key of it. */
static bool target_is_cut(const struct http_request *r, const char *version)
{
	uintptr_t end = (uintptr_t)r->target + r->target_len + 1;
	uintptr_t next = (uintptr_t)version;

	return next > end && next - end < r->httpd->memory;
}

enum MHD_Result http_handle(void *cls, struct MHD_Connection *connection,
                            const char *url, const char *method,
                            const char *version, const char *upload,
                            size_t *upload_len, void **context)
{
	struct http_request *r = *context;

	(void)cls, (void)connection, (void)upload;
	if (!r)
		return MHD_NO;
	if (!r->headed) {
		/* Before any body, which then is not read. */
		r->headed = true;
		if (target_is_cut(r, version))
			http_refuse(r, 400, "bad request");
		else if (body_is_large(r))
			http_refuse(r, 413, "body too large");
	} else if (*upload_len) {
		r->body += *upload_len;
		*upload_len = 0;
		return r->body > HTTPD_BODY_MAX ? MHD_NO : MHD_YES;
	} else if (!r->failed) {
		r->method = method_of(method);
		r->path = url;
		http_enter(r, HTTP_WORKING);
		if (atomic_load(&r->httpd->stop))
			http_refuse(r, 503, "stopping");
		else
			r->httpd->ops.begin(r->httpd->owner, r);
		if (r->phase == HTTP_WORKING)
			http_wait(r);
	}
	return r->failed ? MHD_NO : MHD_YES;
}

void http_completed(void *cls, struct MHD_Connection *connection,
                    void **context, enum MHD_RequestTerminationCode why)
{
	struct http_request *r = *context;

	(void)cls, (void)connection, (void)why;
	if (r && r->phase != HTTP_CLOSING)
		http_enter(r, HTTP_IDLE);
	*context = NULL;
}

/* ---- replies ---- */

/* What a reply keeps until it was sent. */
struct kept {
	void (*release)(void *held); /* NULL: nothing but these: */
	void *held;
	char bytes[];
};

static void kept_release(void *arg)
{
	struct kept *k = arg;

	if (k->release)
		k->release(k->held);
	free(k);
}

/* As memcpy, and returns what is behind; `from` may be NULL for none. */
static char *put(char *to, const void *from, size_t n)
{
	if (n)
		memcpy(to, from, n);
	return to + n;
}

/* Copies head and tail, and between them, for `one` block, the body, which the
 * caller may then release. */
static struct MHD_Response *response_create(const struct http_reply *y,
                                            bool one)
{
	size_t copied = y->head_len + (one ? y->body_len : 0) + y->tail_len;
	struct kept *k = malloc(sizeof(*k) + copied);
	struct MHD_Response *response;
	struct MHD_IoVec iov[3];
	char *tail;

	if (!k)
		return NULL;
	k->release = one ? NULL : y->release;
	k->held = y->held;
	tail = put(k->bytes, y->head, y->head_len);
	if (one)
		tail = put(tail, y->body, y->body_len);
	put(tail, y->tail, y->tail_len);
	iov[0] = (struct MHD_IoVec){ k->bytes, one ? copied : y->head_len };
	iov[1] = (struct MHD_IoVec){ y->body, y->body_len };
	iov[2] = (struct MHD_IoVec){ tail, y->tail_len };
	/* Of a single piece libmicrohttpd makes a plain buffer. */
	response = MHD_create_response_from_iovec(iov, one ? 1 : 3,
	                                          kept_release, k);
	if (!response)
		free(k);
	return response;
}

void http_reply(struct http_request *r, const struct http_reply *reply)
{
	bool one = !reply->release ||
	           reply->head_len + reply->body_len + reply->tail_len <=
	                   HTTP_COPY_MAX;
	const struct http_header *header = reply->headers;
	const struct http_header *end = header + HTTP_REPLY_HEADERS;
	struct MHD_Response *response = response_create(reply, one);

	if (reply->release && (one || !response))
		reply->release(reply->held);
	http_enter(r, HTTP_SENDING);
	r->failed = !response ||
	            (reply->content_type &&
	             MHD_add_response_header(response, "Content-Type",
	                                     reply->content_type) == MHD_NO);
	for (; !r->failed && header < end; header++)
		r->failed = header->name &&
		            MHD_add_response_header(response, header->name,
		                                    header->value) == MHD_NO;
	if (!r->failed)
		r->failed = MHD_queue_response(r->connection,
		                               (unsigned int)reply->status,
		                               response) == MHD_NO;
	if (response)
		MHD_destroy_response(response);
}

void http_reply_text(struct http_request *r, int status, const char *text)
{
	http_reply(r, &(struct http_reply){
	                      .status = status,
	                      .content_type = "text/plain; charset=utf-8",
	                      .head = text,
	                      .head_len = strlen(text),
	                      .tail = "\n",
	                      .tail_len = 1,
	              });
}
