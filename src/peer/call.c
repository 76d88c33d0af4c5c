/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/priv.h"

#include "peer/wire/url.h"

#include <errno.h>
#include <string.h>

#define PEER_URL_MAX (4 * KEY_MAX + 4096)

int peer_call(struct peer *p, struct peer_call *c,
              const struct dialect *dialect, const char *group, struct key key,
              struct fetch_request *request)
{
	int err;

	*c = (struct peer_call){ .fetch = fetch_begin(p->pool) };
	buf_init(&c->url, PEER_URL_MAX);
	buf_puts(&c->url, p->url);
	peerurl_format(&c->url, dialect, group, key);
	err = c->fetch ? buf_end(&c->url) : -ENOMEM;
	if (err) {
		reason_set(&c->reply.why, err, "%s: %s", p->url,
		           strerror(-err));
		return -ENOMEM;
	}
	request->url = c->url.data;
	return fetch_run(c->fetch, request, &c->reply);
}

void peer_call_end(struct peer_call *c)
{
	fetch_reply_release(&c->reply);
	if (c->fetch)
		fetch_end(c->fetch);
	buf_release(&c->url);
}
