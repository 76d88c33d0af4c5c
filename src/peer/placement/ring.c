/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/placement/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct ring {
	atomic_uint refs;
	struct placement *placement;
	size_t count;
	size_t self;
	double *shares;
	char **names;
};

/* The part behind "http://" or "https://", or NULL. */
static const char *url_authority(const char *url)
{
	if (strncmp(url, "http://", 7) == 0)
		return url + 7;
	if (strncmp(url, "https://", 8) == 0)
		return url + 8;
	return NULL;
}

/* Behind the host: where ":PORT", the path or the end is; NULL without a
 * host. */
static const char *host_end(const char *host)
{
	size_t len;

	if (*host == '[') {
		len = strspn(host + 1, "0123456789abcdefABCDEF:.");
		return len && host[1 + len] == ']' ? host + len + 2 : NULL;
	}
	len = strcspn(host, ":/[]");
	return len ? host + len : NULL;
}

/* The same for an optional port; NULL if it is not one. */
static const char *port_end(const char *at)
{
	unsigned int port = 0;
	size_t len;

	if (*at != ':')
		return at;
	len = strspn(++at, "0123456789");
	if (len == 0 || len > 5)
		return NULL;
	for (size_t i = 0; i < len; i++)
		port = port * 10 + (unsigned int)(at[i] - '0');
	return port >= 1 && port <= 65535 ? at + len : NULL;
}

/* Where the path of a peer's URL begins (maybe at the end), or NULL if it is
 * no such URL. */
static const char *url_path(const char *url)
{
	const char *at = url_authority(url);

	for (const char *c = url; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("?#@\"<>\\^`{|}", *c))
			return NULL;
	at = at ? host_end(at) : NULL;
	at = at ? port_end(at) : NULL;
	return at && (*at == '\0' || *at == '/') ? at : NULL;
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
	placement_destroy(r->placement);
	for (size_t i = 0; r->names && i < r->count; i++)
		free(r->names[i]);
	free(r->names);
	free(r->shares);
	free(r);
}

static int names_copy(struct ring *r, const char *const *peers)
{
	r->names = calloc(r->count, sizeof(*r->names));
	r->shares = calloc(r->count, sizeof(*r->shares));
	if (!r->names || !r->shares)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++) {
		r->names[i] = strdup(peers[i]);
		if (!r->names[i])
			return -ENOMEM;
	}
	return 0;
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
	err = names_copy(r, peers);
	if (!err)
		err = placement_create(&r->placement, ops, peers, count,
		                       replicas);
	if (err) {
		ring_free(r);
		return reason_set(why, err, "cannot place the peers: %s",
		                  strerror(-err));
	}
	placement_shares(r->placement, r->shares);
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

size_t ring_count(const struct ring *r)
{
	return r->count;
}

const char *ring_name(const struct ring *r, size_t peer)
{
	return r->names[peer];
}

size_t ring_self(const struct ring *r)
{
	return r->self;
}

const char *ring_self_path(const struct ring *r)
{
	return url_path(r->names[r->self]);
}

const char *ring_placement(const struct ring *r)
{
	return placement_name(r->placement);
}

size_t ring_find(const struct ring *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->names[i], name) == 0)
			return i;
	return PLACEMENT_NONE;
}

size_t ring_owner(const struct ring *r, struct key key,
                  const struct placement_alive *alive)
{
	return placement_owner(r->placement, key, alive);
}

double ring_share(const struct ring *r, size_t peer)
{
	return r->shares[peer];
}

void ring_cell_init(struct ring_cell *cell, struct ring *first)
{
	pthread_mutex_init(&cell->lock, NULL);
	cell->current = first;
}

void ring_cell_release(struct ring_cell *cell)
{
	ring_unref(cell->current);
	pthread_mutex_destroy(&cell->lock);
}

struct ring *ring_cell_get(struct ring_cell *cell)
{
	struct ring *r;

	pthread_mutex_lock(&cell->lock);
	r = cell->current ? ring_ref(cell->current) : NULL;
	pthread_mutex_unlock(&cell->lock);
	return r;
}

void ring_cell_swap(struct ring_cell *cell, struct ring *next)
{
	struct ring *old;

	pthread_mutex_lock(&cell->lock);
	old = cell->current;
	cell->current = next;
	pthread_mutex_unlock(&cell->lock);
	ring_unref(old);
}
