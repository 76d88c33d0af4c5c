/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/peers.h"

#include "lib/clock.h"
#include "peer/wire/url.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct view {
	atomic_uint refs;
	struct ring *ring;
	bool go; /* the placement is a Go program's: so may be the peers */
	struct peer_settings settings;
	struct peer *of[]; /* by the ring's index; NULL: this node */
};

struct peers {
	pthread_mutex_t lock;
	struct view *view; /* under lock; a reference */
};

/* ---- views ---- */

static void view_unref(struct view *v)
{
	if (!v || atomic_fetch_sub(&v->refs, 1) != 1)
		return;
	for (size_t i = 0; i < v->ring->count; i++)
		peer_unref(v->of[i]);
	ring_unref(v->ring);
	free(v);
}

static struct view *view_get(struct peers *p)
{
	struct view *v;

	pthread_mutex_lock(&p->lock);
	v = p->view;
	atomic_fetch_add(&v->refs, 1);
	pthread_mutex_unlock(&p->lock);
	return v;
}

static struct peer *view_find(const struct view *v, const char *url)
{
	size_t i = v ? ring_find(v->ring, url) : PLACEMENT_NONE;

	return i == PLACEMENT_NONE ? NULL : v->of[i];
}

static bool settings_equal(const struct peer_settings *a,
                           const struct peer_settings *b)
{
	return a->dialect == b->dialect && a->codec == b->codec &&
	       a->timeout_ms == b->timeout_ms && a->health_ms == b->health_ms;
}

static void view_each_lost(struct view *v, const struct view *kept,
                           void (*end)(struct peer *p))
{
	for (size_t i = 0; i < v->ring->count; i++)
		if (v->of[i] &&
		    (!kept || view_find(kept, v->ring->names[i]) != v->of[i]))
			end(v->of[i]);
}

/* Ends the peers of `v` that `kept` does not have, all at the same time. */
static void view_close(struct view *v, const struct view *kept)
{
	view_each_lost(v, kept, peer_stop);
	view_each_lost(v, kept, peer_close);
}

static int view_fill(struct view *v, const struct view *old, struct reason *why)
{
	bool same = old && settings_equal(&old->settings, &v->settings);

	for (size_t i = 0; i < v->ring->count; i++) {
		const char *url = v->ring->names[i];
		struct peer *known = same ? view_find(old, url) : NULL;
		int err;

		if (i == v->ring->self)
			continue;
		if (known) {
			v->of[i] = peer_ref(known);
			continue;
		}
		err = peer_create(&v->of[i], url, &v->settings, why);
		if (err)
			return err;
	}
	return 0;
}

static int view_create(struct view **out, const struct view *old,
                       const struct peers_config *c, struct reason *why)
{
	struct ring *ring;
	struct view *v;
	int err = ring_create(&ring, c->placement, (const char *const *)c->urls,
	                      c->count, c->self, c->replicas, why);

	if (err)
		return err;
	v = calloc(1, sizeof(*v) + c->count * sizeof(*v->of));
	if (!v) {
		ring_unref(ring);
		return reason_oom(why, -ENOMEM);
	}
	atomic_init(&v->refs, 1);
	v->ring = ring;
	v->settings = c->peer;
	for (size_t i = 0; dialect_table[i]; i++)
		v->go |= strcmp(dialect_table[i]->placement,
		                c->placement->name) == 0;
	err = view_fill(v, old, why);
	if (err) {
		view_close(v, old);
		view_unref(v);
		return err;
	}
	*out = v;
	return 0;
}

/* ---- the interface ---- */

int peers_create(struct peers **out, const struct peers_config *c,
                 struct reason *why)
{
	struct peers *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return reason_oom(why, -ENOMEM);
	err = view_create(&p->view, NULL, c, why);
	if (err) {
		free(p);
		return err;
	}
	pthread_mutex_init(&p->lock, NULL);
	*out = p;
	return 0;
}

void peers_destroy(struct peers *p)
{
	if (!p)
		return;
	view_close(p->view, NULL);
	view_unref(p->view);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int peers_configure(struct peers *p, const struct peers_config *c,
                    struct reason *why)
{
	struct view *old = view_get(p), *made = NULL;
	int err = view_create(&made, old, c, why);

	if (made) {
		pthread_mutex_lock(&p->lock);
		p->view = made;
		pthread_mutex_unlock(&p->lock);
		view_close(old, made);
		view_unref(old);
	}
	view_unref(old);
	return err;
}

struct ring *peers_ring(struct peers *p)
{
	struct ring *ring;

	pthread_mutex_lock(&p->lock);
	ring = ring_ref(p->view->ring);
	pthread_mutex_unlock(&p->lock);
	return ring;
}

const struct dialect *peers_dialect(struct peers *p)
{
	struct view *v = view_get(p);
	const struct dialect *dialect = v->settings.dialect;

	view_unref(v);
	return dialect;
}

static bool view_alive(void *arg, size_t node)
{
	const struct view *v = arg;

	return !v->of[node] || peer_is_up(v->of[node]);
}

/* Who makes the key's value now: its owner, or who comes next if that is down,
 * unless that one would ask the owner all the same: then it is this node. */
static size_t view_owner(struct view *v, struct key key)
{
	struct placement_alive alive = { view_alive, v };
	size_t owner = placement_owner(&v->ring->placement, key, &alive);
	struct peer *peer = owner == PLACEMENT_NONE ? NULL : v->of[owner];

	if (peer && !peer_settles(peer) &&
	    placement_owner(&v->ring->placement, key, NULL) != owner)
		return v->ring->self;
	return owner;
}

struct peer *peers_owner(struct peers *p, const char *group, struct key key)
{
	struct view *v = view_get(p);
	size_t owner = view_owner(v, key);
	struct peer *peer = owner == PLACEMENT_NONE ? NULL : v->of[owner];

	if (peer && v->go &&
	    !peerurl_go_answers(v->settings.dialect, group, key))
		peer = NULL;
	if (peer)
		peer_ref(peer);
	view_unref(v);
	return peer;
}

int peers_print_owner(struct peers *p, struct key key, struct buf *out)
{
	struct view *v = view_get(p);

	buf_puts(out, v->ring->names[view_owner(v, key)]);
	view_unref(v);
	return out->err;
}

void peers_invalidate(struct peers *p, const char *group, struct key key)
{
	struct view *v = view_get(p);

	for (size_t i = 0; i < v->ring->count; i++)
		if (v->of[i])
			peer_invalidate(v->of[i], group, key);
	view_unref(v);
}

void peers_each(struct peers *p,
                void (*show)(const struct peers_node *node, void *arg),
                void *arg)
{
	struct view *v = view_get(p);

	for (size_t i = 0; i < v->ring->count; i++) {
		struct peers_node node = { .url = v->ring->names[i],
			                   .peer = v->of[i],
			                   .share = v->ring->shares[i] };

		show(&node, arg);
	}
	view_unref(v);
}

int peers_print(struct peers *p, const char *between, struct buf *out)
{
	struct view *v = view_get(p);

	for (size_t i = 0; i < v->ring->count; i++) {
		struct health h = { .up = true };

		buf_printf(out, "%s%s", i ? between : "", v->ring->names[i]);
		if (v->of[i])
			h = peer_health(v->of[i]);
		if (h.up)
			buf_puts(out, v->of[i] ? " up" : " self");
		else
			buf_printf(out, " down %llds",
			           (long long)(clock_now_ms() - h.since_ms) /
			                   1000);
	}
	view_unref(v);
	return out->err;
}
