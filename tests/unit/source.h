/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of groups: a getter that brings what it is told to and can be
 * held, readers that remember their answers, a listener and a group with all
 * of it.  Included behind cmocka.h.
 */
#ifndef DREAMFS_TESTS_SOURCE_H
#define DREAMFS_TESTS_SOURCE_H

#include "cached.h"
#include "gate.h"
#include "group/group.h"
#include "lib/clock.h"
#include "spec.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- the getter ---- */

/* What loads do; changed by the test while none is running. */
static struct source {
	int err;              /* they fail so, for the reason "as told" */
	size_t size;          /* of the values; 0: "KEY:NUMBER OF THE LOAD" */
	int64_t ttl_ms;       /* TTL_DEFAULT or what the origin says */
	bool must_revalidate; /* never to be given out stale */
	const char *etag;
	bool unchanged; /* the previous value, if there is one, is right */
	bool hold;      /* until source_go(), or cancelled */
	bool deaf;      /* to cancellation */
	int go_fd;
	/* what happened */
	struct gate begun, ended, cancelled;
	int getters; /* made */
	struct gate destroyed;
	atomic_int running, most;
	atomic_size_t max_value;
} source;

static inline void source_reset(void)
{
	source = (struct source){ .ttl_ms = TTL_DEFAULT,
		                  .begun = GATE_INIT,
		                  .ended = GATE_INIT,
		                  .cancelled = GATE_INIT,
		                  .destroyed = GATE_INIT,
		                  .go_fd = eventfd(0, EFD_CLOEXEC) };
}

/* Lets all go that are held, and those to come. */
static inline void source_go(void)
{
	uint64_t one = 1;

	assert_int_equal(write(source.go_fd, &one, sizeof(one)), sizeof(one));
}

/* True if the load was cancelled. */
static inline bool source_held(int cancel_fd)
{
	struct pollfd fds[] = { { source.go_fd, POLLIN, 0 },
		                { source.deaf ? -1 : cancel_fd, POLLIN, 0 } };

	if (poll(fds, 2, GATE_SECONDS * 1000) <= 0) {
		fprintf(stderr, "a held load was forgotten\n");
		abort();
	}
	if (fds[1].revents)
		gate_add(&source.cancelled, 1);
	return fds[1].revents != 0;
}

static inline int source_bring(const struct load *load,
                               struct load_result *result, int number)
{
	char bytes[64];
	int n;

	if (source.err)
		return reason_set(&result->why, source.err, "as told");
	result->ttl_ms = source.ttl_ms;
	result->must_revalidate = source.must_revalidate;
	if (source.unchanged && load->previous) {
		result->value = value_ref(load->previous);
		return 0;
	}
	n = snprintf(bytes, sizeof(bytes), "%.*s:%d", (int)load->key.len,
	             load->key.data, number);
	result->value = source.size ? value_made(NULL, source.size, source.etag)
	                            : value_made(bytes, (size_t)n, source.etag);
	return 0;
}

static inline int source_get(void *getter, const struct load *load,
                             struct load_result *result)
{
	int now = atomic_fetch_add(&source.running, 1) + 1;
	int most = atomic_load(&source.most), number, err = -ECANCELED;

	(void)getter;
	atomic_store(&source.max_value, load->max_value);
	while (now > most &&
	       !atomic_compare_exchange_weak(&source.most, &most, now))
		;
	number = gate_add(&source.begun, 1);
	if (!source.hold || !source_held(load->cancel_fd))
		err = source_bring(load, result, number);
	atomic_fetch_sub(&source.running, 1);
	gate_add(&source.ended, 1);
	return err;
}

static inline int source_create(void **getter, const struct getter_spec *spec,
                                struct reason *why)
{
	(void)spec;
	(void)why;
	source.getters++;
	*getter = NULL;
	return 0;
}

static inline void source_destroy(void *getter)
{
	(void)getter;
	gate_add(&source.destroyed, 1);
}

static const struct getter_ops source_ops = {
	.source = { .name = "source" },
	.create = source_create,
	.destroy = source_destroy,
	.get = source_get,
};

static inline struct getter *source_getter(void)
{
	struct spec spec = { .ops = &source_ops, .source = "test" };
	struct getter *getter;
	struct reason why;

	assert_int_equal(spec_create(&getter, &spec, &why), 0);
	return getter;
}

/* ---- readers ---- */

struct reader {
	struct waiter waiter;
	struct gate answers;
	int err;
	struct value *value; /* a reference */
	int64_t fresh_ms;
};

static inline void reader_done(struct waiter *w, const struct answer *answer)
{
	struct reader *r = (struct reader *)w;

	r->err = answer->err;
	r->value = answer->err ? NULL : value_ref(answer->value);
	r->fresh_ms = answer->fresh_ms;
	gate_add(&r->answers, 1);
}

static inline void reader_init(struct reader *r)
{
	*r = (struct reader){ .answers = GATE_INIT };
	waiter_init(&r->waiter, reader_done);
}

static inline void reader_ask(struct reader *r, struct group *g,
                              const char *key)
{
	reader_init(r);
	group_get(g, text(key), GROUP_HELD_OR_LOAD, &r->waiter);
}

/* Waits for the answer, which must be the only one, and for these bytes or
 * (bytes NULL) this failure. */
static inline void reader_gets(struct reader *r, int err, const char *bytes)
{
	gate_wait(&r->answers, 1);
	assert_int_equal(gate_count(&r->answers), 1);
	assert_int_equal(r->err, err);
	if (bytes) {
		assert_int_equal(r->value->size, strlen(bytes));
		assert_memory_equal(r->value->bytes, bytes, r->value->size);
	}
	value_unref(r->value);
	r->value = NULL;
}

/* ---- a group with its surroundings ---- */

static struct group_host host;
static struct group *group;
/* How often the listener heard of each. */
static struct gate heard_gone, heard_cleared, heard_closed;

static inline void listen_gone(struct group_listener *l, struct group *g,
                               struct key key)
{
	(void)l;
	(void)g;
	(void)key;
	gate_add(&heard_gone, 1);
}

static inline void listen_cleared(struct group_listener *l, struct group *g)
{
	(void)l;
	(void)g;
	gate_add(&heard_cleared, 1);
}

static inline void listen_closed(struct group_listener *l, struct group *g)
{
	(void)l;
	(void)g;
	gate_add(&heard_closed, 1);
}

static struct group_listener listener = {
	.gone = listen_gone,
	.cleared = listen_cleared,
	.closed = listen_closed,
};

static inline struct group_settings group_defaults(void)
{
	return (struct group_settings){
		.policy = evict_find("lru"),
		.capacity = 1 << 20,
		.max_value = 1 << 16,
		.timeout_ms = GATE_SECONDS * 1000,
		.kernel_cache_ms = 1000,
		.loads = 4,
		.mode = 0444,
	};
}

static inline struct group *group_made(const char *name)
{
	struct group_settings settings = group_defaults();
	struct getter *getter = source_getter();
	struct group *g;

	assert_int_equal(group_create(&g, name, &settings, getter, &host), 0);
	getter_unref(getter);
	return g;
}

static inline int group_setup(void **state)
{
	(void)state;
	source_reset();
	heard_gone = heard_cleared = heard_closed = (struct gate)GATE_INIT;
	host.listener = &listener;
	assert_int_equal(pool_create(&host.pool, 16), 0);
	assert_int_equal(ticker_create(&host.ticker), 0);
	group = group_made("test");
	return 0;
}

/* Every getter must be gone with its group. */
static inline int group_teardown(void **state)
{
	(void)state;
	if (group) {
		group_close(group);
		group_unref(group);
		group = NULL;
	}
	assert_int_equal(gate_count(&source.destroyed), source.getters);
	pool_destroy(host.pool);
	ticker_destroy(host.ticker);
	close(source.go_fd);
	return 0;
}

/* Changes the settings; the getter is another, of the same kind. */
static inline void group_settle(const struct group_settings *settings)
{
	struct getter *getter = source_getter();

	assert_int_equal(group_configure(group, settings, getter, true), 0);
	getter_unref(getter);
}

/* Nobody's time is up between these two, however long that takes. */
static struct time_stop {
	struct ticker_client client;
	struct gate stands, may_go_on;
} time_stop;

static inline int64_t time_stop_tick(struct ticker_client *client, int64_t now)
{
	(void)client;
	(void)now;
	gate_add(&time_stop.stands, 1);
	gate_wait(&time_stop.may_go_on, 1);
	return CLOCK_NEVER;
}

static inline void time_stops(void)
{
	time_stop = (struct time_stop){ .client.tick = time_stop_tick,
		                        .stands = GATE_INIT,
		                        .may_go_on = GATE_INIT };
	ticker_add(host.ticker, &time_stop.client);
	gate_wait(&time_stop.stands, 1);
}

static inline void time_goes_on(void)
{
	gate_add(&time_stop.may_go_on, 1);
	ticker_remove(host.ticker, &time_stop.client);
}

/* Loads in passing: the bytes it brings are not looked at. */
static inline void group_load(struct group *g, const char *key)
{
	struct reader r;

	reader_ask(&r, g, key);
	reader_gets(&r, 0, NULL);
}

static inline enum cache_state group_state(struct group *g, const char *key)
{
	struct group_peek peek = group_peek(g, text(key));

	group_peek_release(&peek);
	return peek.state;
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, group_setup, group_teardown)

#endif
