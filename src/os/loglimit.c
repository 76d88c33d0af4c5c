/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/loglimit.h"

#include "lib/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct window {
	struct table_node by_name;
	struct list_node by_end;
	const char *site;
	int64_t began, ends;
	unsigned int allowed; /* events that may still pass */
	/* Of what is held back; `group` and `peer` are the window's. */
	struct loglimit_summary held;
};

static struct window *window_at(struct list_node *node)
{
	return container_of(node, struct window, by_end);
}

static void copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

static void names_copy(struct loglimit_summary *out, const struct log_about *a)
{
	copy(out->group, sizeof(out->group), a ? a->group : NULL);
	copy(out->peer, sizeof(out->peer), a ? a->peer : NULL);
}

static uint64_t names_hash(const char *site, const struct loglimit_summary *of)
{
	return key_hash(key_of(of->group, strlen(of->group))) ^
	       3 * key_hash(key_of(of->peer, strlen(of->peer))) ^
	       (uint64_t)(uintptr_t)site * UINT64_C(0x9e3779b97f4a7c15);
}

static struct window *window_find(const struct loglimit *l, uint64_t hash,
                                  const char *site,
                                  const struct loglimit_summary *of)
{
	struct table_node *n;

	for (n = table_first(&l->windows, hash); n; n = table_next(n)) {
		struct window *w = container_of(n, struct window, by_name);

		if (w->site == site && strcmp(w->held.group, of->group) == 0 &&
		    strcmp(w->held.peer, of->peer) == 0)
			return w;
	}
	return NULL;
}

static void window_begin(struct loglimit *l, struct window *w,
                         unsigned int allowed, int64_t now)
{
	w->began = now;
	w->ends = now + l->window_ms;
	w->allowed = allowed;
	w->held.count = 0;
	list_remove(&w->by_end);
	list_insert(l->by_end.prev, &w->by_end);
}

/* NULL without memory, or when there are too many. */
static struct window *window_open(struct loglimit *l, uint64_t hash,
                                  const char *site,
                                  const struct loglimit_summary *of,
                                  int64_t now)
{
	struct window *w =
	        l->windows.count < LOGLIMIT_MAX ? malloc(sizeof(*w)) : NULL;

	if (!w)
		return NULL;
	w->site = site;
	w->held = *of;
	list_init(&w->by_end);
	window_begin(l, w, l->first, now);
	table_insert(&l->windows, &w->by_name, hash);
	return w;
}

static void window_close(struct loglimit *l, struct window *w)
{
	table_remove(&l->windows, &w->by_name);
	list_remove(&w->by_end);
	free(w);
}

int loglimit_init(struct loglimit *l, unsigned int first, int64_t window_ms)
{
	l->first = first;
	l->window_ms = window_ms;
	list_init(&l->by_end);
	return table_init(&l->windows);
}

void loglimit_release(struct loglimit *l)
{
	while (!list_empty(&l->by_end))
		window_close(l, window_at(l->by_end.next));
	table_release(&l->windows);
}

static void window_hold(struct window *w, const struct loglimit_event *e)
{
	w->held.level = e->level;
	w->held.count++;
	copy(w->held.msg, sizeof(w->held.msg), e->msg);
	copy(w->held.error, sizeof(w->held.error),
	     e->about ? e->about->error : NULL);
}

bool loglimit_pass(struct loglimit *l, const struct loglimit_event *e,
                   int64_t now, bool *opened)
{
	struct loglimit_summary of = { 0 };
	struct window *w;
	uint64_t hash;

	names_copy(&of, e->about);
	hash = names_hash(e->site, &of);
	w = window_find(l, hash, e->site, &of);
	*opened = !w;
	if (!w)
		w = window_open(l, hash, e->site, &of, now);
	if (!w)
		return true;
	if (w->allowed) {
		w->allowed--;
		return true;
	}
	window_hold(w, e);
	return false;
}

bool loglimit_next(struct loglimit *l, int64_t now, bool all,
                   struct loglimit_summary *out)
{
	while (!list_empty(&l->by_end)) {
		struct window *w = window_at(l->by_end.next);

		if (!all && w->ends > now)
			return false;
		if (!w->held.count) {
			window_close(l, w);
			continue;
		}
		*out = w->held;
		out->ms = now - w->began;
		if (all)
			window_close(l, w);
		else
			window_begin(l, w, 1, now);
		return true;
	}
	return false;
}

int64_t loglimit_due(const struct loglimit *l)
{
	return list_empty(&l->by_end) ? CLOCK_NEVER
	                              : window_at(l->by_end.next)->ends;
}
