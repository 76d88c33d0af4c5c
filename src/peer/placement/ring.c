/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/placement/ring.h"

#include <ctype.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Where the path of a peer's URL begins (maybe at the end), or NULL if it is
 * no such URL. */
static const char *url_path(const char *url)
{
	const char *at = url;
	size_t len;

	for (; *at; at++)
		if (*at <= ' ' || *at > '~' || strchr("?#@\"<>\\^`{|}", *at))
			return NULL;
	if (strncmp(url, "http://", 7) == 0)
		at = url + 7;
	else if (strncmp(url, "https://", 8) == 0)
		at = url + 8;
	else
		return NULL;
	if (*at == '[') {
		len = strspn(++at, "0123456789abcdefABCDEF:.");
		if (len == 0 || at[len++] != ']')
			return NULL;
	} else {
		len = strcspn(at, ":/[]");
		if (len == 0)
			return NULL;
	}
	at += len;
	if (*at == ':') {
		unsigned int port = 0, digits = 0;

		while (isdigit((unsigned char)*++at) && digits++ < 5)
			port = port * 10 + (unsigned int)(*at - '0');
		if (port < 1 || port > 65535)
			return NULL;
	}
	return *at == '\0' || *at == '/' ? at : NULL;
}

static int peers_check(const char *const *peers, size_t count, const char *self,
                       size_t *self_index, struct reason *why)
{
	if (count == 0)
		return reason_set(why, -EINVAL, "no peers");
	if (count > PLACEMENT_NODES_MAX)
		return reason_set(why, -EINVAL, "more than %d peers",
		                  PLACEMENT_NODES_MAX);
	for (size_t i = 0; i < count; i++) {
		if (strlen(peers[i]) > RING_NAME_MAX || !url_path(peers[i]))
			return reason_set(why, -EINVAL,
			                  "peer '%s' is not http://HOST:PORT",
			                  peers[i]);
		for (size_t j = 0; j < i; j++)
			if (strcmp(peers[i], peers[j]) == 0)
				return reason_set(why, -EINVAL,
				                  "peer '%s' is listed twice",
				                  peers[i]);
		if (strcmp(peers[i], self) == 0)
			*self_index = i;
	}
	if (*self_index == PLACEMENT_NONE)
		return reason_set(why, -EINVAL,
		                  "self '%s' is not one of the peers", self);
	return 0;
}

static void ring_free(struct ring *r)
{
	placement_release(&r->placement);
	for (size_t i = 0; r->names && i < r->count; i++)
		free(r->names[i]);
	free(r->names);
	free(r->shares);
	free(r);
}

int ring_create(struct ring **out, const struct placement_ops *ops,
                const char *const *peers, size_t count, const char *self,
                unsigned int replicas, struct reason *why)
{
	struct ring *r;
	size_t self_index = PLACEMENT_NONE;
	int err = peers_check(peers, count, self, &self_index, why);

	if (err)
		return err;
	if (replicas > PLACEMENT_REPLICAS_MAX)
		return reason_set(why, -EINVAL, "replicas is over %d",
		                  PLACEMENT_REPLICAS_MAX);
	r = calloc(1, sizeof(*r));
	if (!r)
		return reason_oom(why, -ENOMEM);
	atomic_init(&r->refs, 1);
	r->count = count;
	r->self = self_index;
	r->names = calloc(count, sizeof(*r->names));
	r->shares = calloc(count, sizeof(*r->shares));
	err = r->names && r->shares ? 0 : -ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		r->names[i] = strdup(peers[i]);
		err = r->names[i] ? 0 : -ENOMEM;
	}
	if (!err)
		err = placement_init(&r->placement, ops, peers, count,
		                     replicas);
	if (err) {
		ring_free(r);
		return reason_set(why, err, "cannot place the peers: %s",
		                  strerror(-err));
	}
	r->self_path = url_path(r->names[r->self]);
	placement_shares(&r->placement, r->shares);
	*out = r;
	return 0;
}

struct ring *ring_ref(struct ring *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void ring_unref(struct ring *r)
{
	if (r &&
	    atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) == 1)
		ring_free(r);
}

size_t ring_find(const struct ring *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->names[i], name) == 0)
			return i;
	return PLACEMENT_NONE;
}
