/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "group/flight.h"

#include "lib/clock.h"

#include <stdlib.h>
#include <string.h>

int flights_init(struct flights *f)
{
	list_init(&f->deadlines);
	return table_init(&f->table);
}

void flights_release(struct flights *f)
{
	table_release(&f->table);
}

struct flight *flight_find(const struct flights *f, struct key key, bool local)
{
	struct table_node *n = table_first(&f->table, key.hash);

	for (; n; n = table_next(n)) {
		struct flight *flight = container_of(n, struct flight, node);

		if (key_equal(flight->key, key) &&
		    !(local && flight->route == FLIGHT_PEER))
			return flight;
	}
	return NULL;
}

struct flight *flight_create(struct flights *f, struct group *group,
                             struct key key, int64_t now)
{
	struct flight *flight = calloc(1, sizeof(*flight) + key.len);

	if (!flight)
		return NULL;
	list_init(&flight->waiters);
	flight->group = group;
	flight->refs = 1;
	flight->started_ms = now;
	flight->attached = true;
	flight->key = key_copy(key, flight->bytes);
	table_insert(&f->table, &flight->node, key.hash);
	return flight;
}

void flight_detach(struct flights *f, struct flight *flight)
{
	if (flight->attached)
		table_remove(&f->table, &flight->node);
	flight->attached = false;
}

void flights_detach_all(struct flights *f)
{
	struct table_node *n;
	size_t from = 0;

	while ((n = table_any(&f->table, &from)))
		flight_detach(f, container_of(n, struct flight, node));
}

bool flight_unref(struct flight *flight)
{
	return --flight->refs == 0;
}

void flight_destroy(struct flight *flight)
{
	value_unref(flight->previous);
	value_unref(flight->value);
	free(flight);
}

void waiter_init(struct waiter *w,
                 void (*done)(struct waiter *w, const struct answer *answer))
{
	*w = (struct waiter){ .done = done, .state = WAITER_NEW };
}

/* Deadlines come in order unless the timeout was changed; so look from the
 * end for the place. */
void flight_join(struct flights *f, struct flight *flight, struct waiter *w,
                 int64_t deadline)
{
	struct list_node *at = f->deadlines.prev;

	w->state = WAITER_WAITING;
	w->flight = flight;
	w->deadline = deadline;
	while (at != &f->deadlines &&
	       container_of(at, struct waiter, by_deadline)->deadline >
	               deadline)
		at = at->prev;
	list_insert(at, &w->by_deadline);
	list_insert(flight->waiters.prev, &w->in_flight);
}

void flight_leave(struct waiter *w)
{
	list_remove(&w->in_flight);
	list_remove(&w->by_deadline);
	w->state = WAITER_ANSWERED;
}

struct waiter *flight_next_waiter(struct flight *flight)
{
	struct waiter *w;

	if (list_empty(&flight->waiters))
		return NULL;
	w = container_of(flight->waiters.next, struct waiter, in_flight);
	flight_leave(w);
	return w;
}

struct waiter *flights_next_due(struct flights *f, int64_t now)
{
	struct waiter *w;

	if (flights_deadline(f) > now)
		return NULL;
	w = container_of(f->deadlines.next, struct waiter, by_deadline);
	flight_leave(w);
	return w;
}

int64_t flights_deadline(const struct flights *f)
{
	if (list_empty(&f->deadlines))
		return CLOCK_NEVER;
	return container_of(f->deadlines.next, struct waiter, by_deadline)
	        ->deadline;
}
