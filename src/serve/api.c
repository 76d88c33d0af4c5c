/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front door's life, and the way of a request for a value: like a peer's
 * (server.c), but for one stop more.  What takes long to make of a value, its
 * hash or its JSON, is made on a thread for chores, so that the server's goes
 * on with the others:
 *
 *     group_get() --> api_answered() --short--> [turn] --> reply
 *                          |                      ^
 *                          +--long--> api_make() -+
 */
#include "serve/api_priv.h"

#include "peer/wire/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- replies ---- */

static void api_reply_failed(struct api_request *p)
{
	const struct failure *f = failure_of(p->err);
	struct group_peek peek;
	struct reason text;

	if (!f->err) {
		api_reply_error(&p->http, f->door_status, f->text);
		return;
	}
	/* Who ran out of time does not know why. */
	peek = group_peek(p->group, p->key);
	if (peek.why.text[0] && p->err != -ENOENT && p->err != -ETIMEDOUT)
		reason_set(&text, 0, "%s: %s", f->text, peek.why.text);
	else
		reason_set(&text, 0, "%s", f->text);
	group_peek_release(&peek);
	api_reply_error(&p->http, f->door_status, text.text);
}

/* The answer is there. */
static void api_finish(void *owner, struct http_request *r)
{
	struct api_request *p = container_of(r, struct api_request, http);

	(void)owner;
	if (p->err)
		api_reply_failed(p);
	else
		p->form->reply(p);
	group_unref(p->group);
	free((char *)p->key.data);
	free(p->made);
	p->group = NULL;
	p->value = NULL;
	p->made = NULL;
}

/* ---- asking ---- */

/* Nothing of the request is touched behind this. */
static void api_pass_turn(struct api_request *p)
{
	if (atomic_exchange(&p->turn, API_ANSWERED) == API_LEFT)
		http_ready(&p->http);
}

static void api_make(struct job *job, int cancel_fd)
{
	struct api_request *p = container_of(job, struct api_request, job);

	(void)cancel_fd;
	p->form->make(p);
}

static void api_made(struct job *job)
{
	api_pass_turn(container_of(job, struct api_request, job));
}

static void api_answered(struct waiter *w, const struct answer *a)
{
	struct api_request *p = container_of(w, struct api_request, waiter);

	p->err = a->err;
	p->value = a->err ? NULL : value_ref(a->value);
	p->fresh_ms = a->fresh_ms;
	if (p->value && p->form->is_long(p)) {
		p->job = (struct job){ .run = api_make, .done = api_made };
		if (node_submit(p->api->node, &p->job) == 0)
			return;
	}
	api_pass_turn(p);
}

void api_ask(struct api *a, struct api_request *p, struct group *g,
             struct key key, const struct api_form *form, unsigned int want)
{
	char *copy = malloc(key.len);

	if (!copy) {
		group_unref(g);
		api_reply_error(&p->http, 503, "no memory");
		return;
	}
	p->api = a;
	p->form = form;
	p->group = g;
	p->key = key_copy(key, copy);
	atomic_store(&p->turn, API_ASKING);
	waiter_init(&p->waiter, api_answered);
	group_get(g, p->key, want, &p->waiter);
	if (atomic_exchange(&p->turn, API_LEFT) == API_ANSWERED)
		api_finish(a, &p->http);
}

static void api_abandon(void *owner, struct http_request *r)
{
	struct api_request *p = container_of(r, struct api_request, http);

	(void)owner;
	group_cancel(p->group, &p->waiter, -ECANCELED);
}

/* ---- life ---- */

static void api_begin(void *owner, struct http_request *r)
{
	api_route(owner, r);
}

static void api_refuse(void *owner, struct http_request *r, int status,
                       const char *text)
{
	(void)owner;
	api_reply_error(r, status, text);
}

static const struct httpd_ops api_ops = {
	.request_size = sizeof(struct api_request),
	.begin = api_begin,
	.finish = api_finish,
	.abandon = api_abandon,
	.refuse = api_refuse,
};

int api_create(struct api **out, struct node *node,
               const struct api_config *config, struct reason *why)
{
	struct api *a = calloc(1, sizeof(*a));
	struct httpd_config httpd = {
		.listen = config->listen,
		.connections = config->connections,
		.idle_ms = config->idle_ms,
		.memory = API_MEMORY,
		.ops = &api_ops,
		.owner = a,
	};
	int err;

	if (!a || page_init(&a->page) < 0) {
		free(a);
		return reason_set(why, -ENOMEM, "cannot listen: no memory");
	}
	a->node = node;
	err = httpd_create(&a->httpd, &httpd, why);
	if (err) {
		free(a);
		return err;
	}
	*out = a;
	return 0;
}

void api_serve(struct api *a)
{
	enum api_state starting = API_STARTING;

	atomic_compare_exchange_strong(&a->state, &starting, API_SERVING);
}

void api_drain(struct api *a)
{
	atomic_store(&a->state, API_DRAINING);
}

bool api_busy(struct api *a)
{
	return httpd_busy(a->httpd);
}

unsigned int api_pulse(struct api *a)
{
	return httpd_pulse(a->httpd);
}

void api_stop(struct api *a)
{
	httpd_stop(a->httpd);
}

void api_destroy(struct api *a)
{
	if (!a)
		return;
	httpd_destroy(a->httpd);
	free(a);
}

uint16_t api_port(const struct api *a)
{
	return httpd_port(a->httpd);
}
