/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/peers.h"
#include "peer/recents.h"

#include "lib/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_peer.h"

#define HASTE       400    /* ms: the timeout where silence is waited for */
#define PATIENCE    100000 /* ms: longer than anything may take, much */
#define HEALTH_MS   50
#define SELF        "http://127.0.0.1:1"
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Repeats a condition until it is true. */
#define WAIT_FOR(condition) \
	do { \
		int64_t until_ = clock_now_ms() + PATIENCE; \
\
		while (!(condition)) { \
			assert_true(clock_now_ms() < until_); \
			fake_pause(); \
		} \
	} while (0)

static struct fake_peer fakes[3];
static int timeout_ms = PATIENCE;
static struct peers *peers;

static struct peers_config config_of(char **urls, size_t count)
{
	return (struct peers_config){
		.peer = { .dialect = &dialect_groupcache,
		          .codec = codec_find("protobuf"),
		          .timeout_ms = timeout_ms,
		          .health_ms = HEALTH_MS },
		.placement = placement_find("rendezvous"),
		.urls = urls,
		.count = count,
		.self = SELF,
	};
}

/* This node and the first `count` of the fakes. */
static int configure(size_t count, struct reason *why)
{
	char *urls[4] = { (char *)SELF, fakes[0].url, fakes[1].url,
		          fakes[2].url };
	struct peers_config c = config_of(urls, count + 1);

	return peers ? peers_configure(peers, &c, why)
	             : peers_create(&peers, &c, why);
}

static int setup_with(int ms)
{
	timeout_ms = ms;
	for (size_t i = 0; i < COUNT(fakes); i++)
		fake_start(&fakes[i]);
	peers = NULL;
	return configure(2, NULL);
}

static int setup(void **state)
{
	(void)state;
	return setup_with(PATIENCE);
}

static int setup_hasty(void **state)
{
	(void)state;
	return setup_with(HASTE);
}

/* A peer that does answer must have the time for it. */
static int setup_calm(void **state)
{
	(void)state;
	return setup_with(5 * HASTE);
}

static int teardown(void **state)
{
	(void)state;
	peers_destroy(peers);
	for (size_t i = 0; i < COUNT(fakes); i++)
		fake_stop(&fakes[i]);
	return 0;
}

static struct key key_text(const char *text)
{
	return key_of(text, strlen(text));
}

/* A key that this one owns, everybody being alive. */
static struct key key_owned_by(const char *url, char room[16])
{
	struct ring *r = peers_ring(peers);
	size_t who = ring_find(r, url);

	for (int n = 0; n < 10000; n++) {
		snprintf(room, 16, "%d", n);
		if (placement_owner(&r->placement, key_text(room), NULL) == who)
			break;
	}
	assert_int_equal(placement_owner(&r->placement, key_text(room), NULL),
	                 who);
	ring_unref(r);
	return key_text(room);
}

/* With a reference. */
static struct peer *owner_of(struct key key)
{
	return peers_owner(peers, "g", key);
}

static bool owner_is(struct key key, const char *url)
{
	struct peer *p = owner_of(key);
	bool is = p && url ? strcmp(peer_url(p), url) == 0 : !p && !url;

	peer_unref(p);
	return is;
}

static struct load load_of(struct key key)
{
	return (struct load){ .invalidated_ms = RECENTS_NONE,
		              .group = "g",
		              .key = key,
		              .max_value = 1 << 20,
		              .cancel_fd = -1 };
}

/* With a reference; as soon as it is well. */
static struct peer *peer_of(const struct fake_peer *fake)
{
	char room[16];
	struct key key = key_owned_by(fake->url, room);
	struct peer *p = owner_of(key);
	int64_t until = clock_now_ms() + PATIENCE;

	while (!p || strcmp(peer_url(p), fake->url) != 0) {
		assert_true(clock_now_ms() < until);
		fake_pause();
		peer_unref(p);
		p = owner_of(key);
	}
	return p;
}

/* Asks this one, whoever owns the key. */
static int ask(const struct fake_peer *fake, struct load *load,
               struct load_result *result)
{
	struct peer *p = peer_of(fake);
	int err = peer_get(p, load, result);

	peer_unref(p);
	return err;
}

/* ---- who is asked ---- */

static void test_the_owner_is_asked(void **state)
{
	struct load load = load_of(key_text("a b/+"));
	struct load_result result;
	char room[16], text[4096];

	(void)state;
	assert_true(owner_is(key_owned_by(fakes[0].url, room), fakes[0].url));
	assert_true(owner_is(key_owned_by(fakes[1].url, room), fakes[1].url));
	assert_true(owner_is(key_owned_by(SELF, room), NULL));
	assert_int_equal(ask(&fakes[0], &load, &result), 0);
	assert_int_equal(result.value->size, 1);
	assert_memory_equal(result.value->bytes, "v", 1);
	assert_int_equal(result.value->source, VALUE_FROM_PEER);
	assert_int_equal(result.ttl_ms, TTL_DEFAULT);
	value_unref(result.value);
	fake_got(&fakes[0], text);
	assert_memory_equal(text, "GET /_groupcache/g/a%20b%2F%2B HTTP/1.1",
	                    39);
	assert_int_equal(atomic_load(&fakes[1].gets), 0);
}

static void test_keys_of_a_peer_that_is_down_go_to_others(void **state)
{
	struct load load = load_of(key_text("k"));
	struct load_result result;
	struct buf text;
	char room[16];
	struct key key = key_owned_by(fakes[0].url, room);
	struct peer *p = peer_of(&fakes[0]);

	(void)state;
	fake_stop(&fakes[0]);
	assert_int_equal(peer_get(p, &load, &result), PEER_NO_ANSWER);
	peer_unref(p);
	assert_non_null(strstr(result.why.text, fakes[0].url));
	assert_false(owner_is(key, fakes[0].url));
	buf_init(&text, 4096);
	assert_int_equal(peers_print(peers, "\n", &text), 0);
	assert_non_null(strstr(text.data, SELF " self\n"));
	assert_non_null(strstr(text.data, " down "));
	assert_non_null(strstr(text.data, " up"));
	buf_release(&text);
	assert_int_equal(peers_print_owner(peers, key, &text), 0);
	assert_memory_not_equal(text.data, fakes[0].url, text.len);
	buf_release(&text);
	fake_start(&fakes[0]);
}

/* ---- silence ---- */

static void test_a_frozen_peer_costs_one_timeout(void **state)
{
	struct load load = load_of(key_text("k"));
	struct load_result result;
	char room[16];
	struct key key = key_owned_by(fakes[0].url, room);
	struct peer *p = peer_of(&fakes[0]);
	int64_t began = clock_now_ms(), took;

	(void)state;
	atomic_store(&fakes[0].mode, FAKE_FROZEN);
	assert_int_equal(peer_get(p, &load, &result), PEER_NO_ANSWER);
	peer_unref(p);
	took = clock_now_ms() - began;
	assert_in_range(took, HASTE / 2, PATIENCE);
	assert_false(owner_is(key, fakes[0].url));
	/* It comes back by itself. */
	atomic_store(&fakes[0].mode, FAKE_ANSWERS);
	WAIT_FOR(owner_is(key, fakes[0].url));
	assert_int_equal(ask(&fakes[0], &load, &result), 0);
	value_unref(result.value);
}

static void test_heartbeats_find_a_frozen_peer(void **state)
{
	char room[16];
	struct key key = key_owned_by(fakes[0].url, room);

	(void)state;
	WAIT_FOR(atomic_load(&fakes[0].beats) > 0);
	atomic_store(&fakes[0].mode, FAKE_FROZEN);
	WAIT_FOR(!owner_is(key, fakes[0].url));
	assert_int_equal(atomic_load(&fakes[0].gets), 0);
}

/* The handler of groupcache panics at paths outside of its base. */
static void test_heartbeats_are_below_the_base(void **state)
{
	char text[4096] = "";

	(void)state;
	WAIT_FOR(strstr(fake_beat(&fakes[0], text), "\r\n\r\n"));
	assert_memory_equal(text, "GET /_groupcache/_heartbeat_/hello HTTP/1.1",
	                    43);
}

static void test_who_says_that_it_leaves_is_not_asked(void **state)
{
	char room[16];
	struct key key = key_owned_by(fakes[0].url, room);

	(void)state;
	atomic_store(&fakes[0].mode, FAKE_LEAVES);
	WAIT_FOR(!owner_is(key, fakes[0].url));
	atomic_store(&fakes[0].mode, FAKE_ANSWERS);
	WAIT_FOR(owner_is(key, fakes[0].url));
}

static void *open_later(void *arg)
{
	struct fake_peer *fake = arg;
	int beats = atomic_load(&fake->beats);
	int64_t until = clock_now_ms() + 2 * timeout_ms;

	while (atomic_load(&fake->gets) == 0 || clock_now_ms() < until ||
	       atomic_load(&fake->beats) < beats + 3)
		fake_pause();
	atomic_store(&fake->mode, FAKE_ANSWERS);
	return NULL;
}

static void test_a_slow_load_is_waited_for(void **state)
{
	struct load load = load_of(key_text("k"));
	struct load_result result;
	char room[16];
	struct key key = key_owned_by(fakes[0].url, room);
	int64_t began = clock_now_ms();
	pthread_t thread;

	(void)state;
	atomic_store(&fakes[0].mode, FAKE_SLOW);
	pthread_create(&thread, NULL, open_later, &fakes[0]);
	assert_int_equal(ask(&fakes[0], &load, &result), 0);
	pthread_join(thread, NULL);
	assert_true(clock_now_ms() - began >= 2 * timeout_ms);
	assert_int_equal(result.value->size, 1);
	value_unref(result.value);
	assert_int_equal(atomic_load(&fakes[0].gets), 1);
	assert_true(owner_is(key, fakes[0].url));
}

static void *cancel_later(void *arg)
{
	WAIT_FOR(atomic_load(&fakes[0].gets) > 0);
	assert_int_equal(write(*(int *)arg, "x", 1), 1);
	return NULL;
}

static void test_nobody_wants_it_any_more(void **state)
{
	struct load load = load_of(key_text("k"));
	struct load_result result;
	pthread_t thread;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	load.cancel_fd = fds[0];
	atomic_store(&fakes[0].mode, FAKE_SLOW);
	pthread_create(&thread, NULL, cancel_later, &fds[1]);
	assert_int_equal(ask(&fakes[0], &load, &result), -ECANCELED);
	pthread_join(thread, NULL);
	close(fds[0]);
	close(fds[1]);
}

/* ---- what is no answer ---- */

static const char *const nonsense[] = {
	/* not HTTP, or not to its end */
	"garbage\r\n\r\n",
	"HTTP/1.1 200 OK\r\n",
	"HTTP/1.1 200 OK\r\nContent-Le",
	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n\x0a\x01v",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\x0a\x01v",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\x0a\x01v",
	"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n\x0a\x01v",
	/* cut off or not, who knows */
	"HTTP/1.1 200 OK\r\n\r\n\x0a\x01v",
	/* lengths that are only claims */
	"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n\x0a",
	"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n\x0a\x01v",
	("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
	 "\x0a\xff\xff\xff\xff\x07x"),
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x0a\x02v",
	/* no GetResponse */
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	/* other answers than a value */
	"HTTP/1.1 204 No Content\r\n\r\n",
	"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\n\x0a\x01v",
	"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 3\r\n\r\nno\n",
	("HTTP/1.1 500 Internal Server Error\r\nX-Dreamfs-Errno: EPERM\r\n"
	 "Content-Length: 3\r\n\r\nno\n"),
	"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
};

static void test_nonsense_is_no_answer(void **state)
{
	struct load load = load_of(key_text("k"));
	struct load_result result;
	char room[16];

	(void)state;
	for (size_t i = 0; i < COUNT(nonsense); i++) {
		struct key key = key_owned_by(fakes[0].url, room);
		int err;

		atomic_store(&fakes[0].answer, nonsense[i]);
		atomic_store(&fakes[0].closes, true);
		WAIT_FOR(owner_is(key, fakes[0].url));
		err = ask(&fakes[0], &load, &result);
		if (err != PEER_NO_ANSWER)
			fail_msg("%d for %s", err, nonsense[i]);
		assert_null(result.value);
		assert_string_not_equal(result.why.text, "");
	}
	/* All that does it no harm. */
	atomic_store(&fakes[0].answer, FAKE_VALUE);
	WAIT_FOR(owner_is(key_owned_by(fakes[0].url, room), fakes[0].url));
	assert_int_equal(ask(&fakes[0], &load, &result), 0);
	value_unref(result.value);
}

static void test_endless_answers_end(void **state)
{
	static const char *const begin[] = {
		"HTTP/1.1 200 OK\r\n\r\n\x0a",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 500 Internal Server Error\r\n\r\n",
		"HTTP/1.1 200 OK\r\n",
		"HTTP/1.1 200 OK\r\nX: ",
		"",
	};
	static const char *const more[] = {
		"xxxxxxxxxxxxxxxxxxxx", "4\r\nxxxx\r\n",
		"xxxxxxxxxxxxxxxxxxxx", "X-More: of the same\r\n",
		"xxxxxxxxxxxxxxxxxxxx", "HTTP/1.1 100 Continue\r\n\r\n"
	};
	struct load load = load_of(key_text("k"));
	struct load_result result;
	char room[16];

	(void)state;
	load.max_value = 100000;
	for (size_t i = 0; i < COUNT(begin); i++) {
		struct key key = key_owned_by(fakes[0].url, room);

		atomic_store(&fakes[0].answer, begin[i]);
		atomic_store(&fakes[0].endless, more[i]);
		WAIT_FOR(owner_is(key, fakes[0].url));
		assert_int_equal(ask(&fakes[0], &load, &result),
		                 PEER_NO_ANSWER);
	}
}

static void test_redirects_are_not_followed(void **state)
{
	struct load load = load_of(key_text("k"));
	struct load_result result;
	static char answer[256];

	(void)state;
	snprintf(answer, sizeof(answer),
	         "HTTP/1.1 302 Found\r\nLocation: %s/_groupcache/g/k\r\n"
	         "Content-Length: 0\r\n\r\n",
	         fakes[1].url);
	atomic_store(&fakes[0].answer, answer);
	assert_int_equal(ask(&fakes[0], &load, &result), PEER_NO_ANSWER);
	assert_int_equal(atomic_load(&fakes[0].gets), 1);
	assert_int_equal(atomic_load(&fakes[1].gets), 0);
}

static void test_a_peer_that_resets_is_down_after_some(void **state)
{
	struct load load = load_of(key_text("k"));
	struct load_result result;
	char room[16];
	struct key key = key_owned_by(fakes[0].url, room);
	struct peer *p = peer_of(&fakes[0]);

	(void)state;
	atomic_store(&fakes[0].mode, FAKE_RESETS);
	for (int n = 0; owner_is(key, fakes[0].url); n++) {
		assert_true(n < HEALTH_FAILURES);
		assert_int_equal(peer_get(p, &load, &result), PEER_NO_ANSWER);
	}
	peer_unref(p);
}

/* Its connections die of age, and nobody notices. */
static void test_connections_that_are_closed_between(void **state)
{
	struct load load = load_of(key_text("k"));
	struct load_result result;

	(void)state;
	atomic_store(&fakes[0].closes, true);
	for (int n = 0; n < 300; n++) {
		assert_int_equal(ask(&fakes[0], &load, &result), 0);
		value_unref(result.value);
	}
}

/* ---- what the owner says ---- */

static void test_failures_with_a_name_are_answers(void **state)
{
	static const struct {
		const char *name;
		int err;
	} known[] = { { "ENOENT", -ENOENT },
		      { "EACCES", -EACCES },
		      { "EFBIG", -EFBIG } };
	struct load load = load_of(key_text("k"));
	struct load_result result;
	static char answers[COUNT(known)][256];
	char room[16];

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		snprintf(answers[i], sizeof(answers[i]),
		         "HTTP/1.1 500 Internal Server Error\r\n"
		         "X-Dreamfs-Errno: %s\r\n"
		         "Content-Length: 12\r\n\r\nbecause of x",
		         known[i].name);
		atomic_store(&fakes[0].answer, answers[i]);
		assert_int_equal(ask(&fakes[0], &load, &result), known[i].err);
		assert_non_null(strstr(result.why.text, "because of x"));
		assert_true(owner_is(key_owned_by(fakes[0].url, room),
		                     fakes[0].url));
	}
}

static void test_a_value_may_expire(void **state)
{
#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
	static const char past[] = HEAD "\x0a\x01v\x18\xff\xff\x01";
	static const char never[] = HEAD "\x0a\x01v\x18\x80\x80\x00";
	static const char strict[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
	                             "Cache-Control: must-revalidate\r\n\r\n"
	                             "\x0a\x01v";
#undef HEAD
	struct load load = load_of(key_text("k"));
	struct load_result result;

	(void)state;
	atomic_store(&fakes[0].answer_len, sizeof(past) - 1);
	atomic_store(&fakes[0].answer, past);
	assert_int_equal(ask(&fakes[0], &load, &result), 0);
	/* Since so long it is stale. */
	assert_true(result.ttl_ms < 0 && result.ttl_ms > -time(NULL) * 1001);
	assert_false(result.must_revalidate);
	value_unref(result.value);
	atomic_store(&fakes[0].answer, never);
	assert_int_equal(ask(&fakes[0], &load, &result), 0);
	assert_int_equal(result.ttl_ms, TTL_FOREVER);
	value_unref(result.value);
	atomic_store(&fakes[0].answer_len, sizeof(strict) - 1);
	atomic_store(&fakes[0].answer, strict);
	assert_int_equal(ask(&fakes[0], &load, &result), 0);
	assert_true(result.must_revalidate);
	value_unref(result.value);
}

static void test_values_that_are_too_large(void **state)
{
	struct load load = load_of(key_text("k"));
	struct load_result result;
	char room[16];

	(void)state;
	load.max_value = 0;
	assert_int_equal(ask(&fakes[0], &load, &result), -EFBIG);
	load.max_value = 1;
	assert_int_equal(ask(&fakes[0], &load, &result), 0);
	value_unref(result.value);
	assert_true(owner_is(key_owned_by(fakes[0].url, room), fakes[0].url));
}

/* ---- invalidation ---- */

static void test_everybody_is_told(void **state)
{
	char text[4096];

	(void)state;
	peers_invalidate(peers, "g", key_text("a/b"));
	for (int i = 0; i < 2; i++) {
		WAIT_FOR(atomic_load(&fakes[i].deletes) == 1);
		fake_deleted(&fakes[i], text);
		assert_memory_equal(
		        text, "DELETE /_groupcache/g/a%2Fb HTTP/1.1\r\n", 38);
		assert_null(strstr(text, "X-Dreamfs-Scope"));
	}
	peers_invalidate(peers, "g", key_of(NULL, 0));
	for (int i = 0; i < 2; i++) {
		WAIT_FOR(atomic_load(&fakes[i].deletes) == 2);
		fake_deleted(&fakes[i], text);
		assert_memory_equal(text, "DELETE /_groupcache/g/ HTTP/1.1\r\n",
		                    33);
		assert_non_null(strstr(text, "\r\nX-Dreamfs-Scope: group\r\n"));
	}
}

/* DREAMEMO's paths have no empty key. */
static void test_a_group_goes_by_the_other_base(void **state)
{
	char *urls[] = { (char *)SELF, fakes[0].url };
	struct peers_config c = config_of(urls, COUNT(urls));
	char text[4096];

	(void)state;
	c.peer.dialect = &dialect_dreamemo;
	assert_int_equal(peers_configure(peers, &c, NULL), 0);
	peers_invalidate(peers, "g", key_text("a"));
	WAIT_FOR(atomic_load(&fakes[0].deletes) == 1);
	fake_deleted(&fakes[0], text);
	assert_memory_equal(text, "DELETE /_dreamemo/g/a HTTP/1.1\r\n", 32);
	peers_invalidate(peers, "g", key_of(NULL, 0));
	WAIT_FOR(atomic_load(&fakes[0].deletes) == 2);
	fake_deleted(&fakes[0], text);
	assert_memory_equal(text, "DELETE /_groupcache/g/ HTTP/1.1\r\n", 33);
	assert_non_null(strstr(text, "\r\nX-Dreamfs-Scope: group\r\n"));
}

/* The one that cannot hear it now will, and holds up nobody. */
static void test_who_was_away_is_told_later(void **state)
{
	char room[16];
	struct key key = key_owned_by(fakes[0].url, room);

	(void)state;
	atomic_store(&fakes[0].mode, FAKE_FROZEN);
	peers_invalidate(peers, "g", key_text("one"));
	WAIT_FOR(!owner_is(key, fakes[0].url));
	for (int n = 0; n < 2 * PEER_BACKLOG_MAX; n++)
		peers_invalidate(peers, "g", key_text("two"));
	peers_invalidate(peers, "h", key_text("three"));
	WAIT_FOR(atomic_load(&fakes[1].deletes) > 0);
	assert_int_equal(atomic_load(&fakes[0].deletes), 0);
	atomic_store(&fakes[0].mode, FAKE_ANSWERS);
	WAIT_FOR(strstr(fake_deleted(&fakes[0], (char[4096]){ 0 }),
	                "/h/three "));
}

/* ---- membership ---- */

static void test_peers_that_stay_are_kept(void **state)
{
	char one[16], two[16];
	struct key key = key_owned_by(fakes[0].url, one);
	struct peer *before = owner_of(key), *after;

	(void)state;
	assert_int_equal(configure(3, NULL), 0);
	after = owner_of(key_owned_by(fakes[0].url, one));
	assert_ptr_equal(before, after);
	peer_unref(before);
	peer_unref(after);
	assert_true(owner_is(key_owned_by(fakes[2].url, two), fakes[2].url));
	/* Who goes is not asked any more, not even how it is. */
	assert_int_equal(configure(1, NULL), 0);
	assert_true(owner_is(key_owned_by(fakes[0].url, one), fakes[0].url));
	for (int n = 0; n < 1000; n++) {
		snprintf(two, sizeof(two), "%d", n);
		assert_false(owner_is(key_text(two), fakes[1].url));
		assert_false(owner_is(key_text(two), fakes[2].url));
	}
}

static void test_a_bad_membership_changes_nothing(void **state)
{
	char *urls[] = { fakes[0].url, fakes[1].url };
	struct peers_config c = config_of(urls, COUNT(urls));
	struct reason why = { "" };
	char room[16];

	(void)state;
	assert_int_equal(peers_configure(peers, &c, &why), -EINVAL);
	assert_string_equal(why.text,
	                    "self '" SELF "' is not one of the peers");
	assert_true(owner_is(key_owned_by(fakes[1].url, room), fakes[1].url));
}

/* Readers keep whole rings while others come and go. */
static void test_a_ring_outlives_its_membership(void **state)
{
	struct ring *before = peers_ring(peers), *after;

	(void)state;
	assert_int_equal(configure(1, NULL), 0);
	after = peers_ring(peers);
	assert_int_equal(after->count, 2);
	ring_unref(after);
	assert_int_equal(before->count, 3);
	assert_string_equal(before->names[before->self], SELF);
	ring_unref(before);
}

static void *read_rings(void *arg)
{
	while (!atomic_load((atomic_bool *)arg)) {
		struct ring *r = peers_ring(peers);
		size_t owner =
		        placement_owner(&r->placement, key_text("k"), NULL);

		assert_in_range(owner, 0, r->count - 1);
		assert_string_equal(r->names[r->self], SELF);
		ring_unref(r);
	}
	return NULL;
}

static void *ask_on(void *arg)
{
	struct load_result result;
	char room[16];

	for (int n = 0; !atomic_load((atomic_bool *)arg); n++) {
		struct load load;
		struct peer *p;

		snprintf(room, sizeof(room), "%d", n);
		load = load_of(key_text(room));
		p = owner_of(load.key);
		if (!p)
			continue;
		assert_int_equal(peer_get(p, &load, &result), 0);
		peer_unref(p);
		value_unref(result.value);
	}
	return NULL;
}

static void test_it_changes_while_peers_are_asked(void **state)
{
	atomic_bool stop = false;
	pthread_t thread, reader;

	(void)state;
	pthread_create(&thread, NULL, ask_on, &stop);
	pthread_create(&reader, NULL, read_rings, &stop);
	for (int n = 0; n < 20; n++) {
		assert_int_equal(configure(1 + (size_t)n % 3, NULL), 0);
		peers_invalidate(peers, "g", key_text("k"));
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	pthread_join(reader, NULL);
}

/* A placement of the Go programs: they may be among the peers, and redirect
 * some keys. */
static void test_go_programs_are_not_asked_in_vain(void **state)
{
	char *urls[] = { (char *)SELF, fakes[0].url };
	struct peers_config c = config_of(urls, COUNT(urls));
	char room[16], odd[24];
	int asked = 0;

	(void)state;
	for (int go = 0; go < 2; go++) {
		c.placement = placement_find(go ? "groupcache" : "rendezvous");
		assert_int_equal(peers_configure(peers, &c, NULL), 0);
		asked = 0;
		for (int n = 0; n < 100; n++) {
			snprintf(room, sizeof(room), "%d", n);
			snprintf(odd, sizeof(odd), "/%d", n);
			asked += !owner_is(key_text(odd), NULL);
		}
		assert_int_equal(asked > 0, !go);
	}
	assert_true(owner_is(key_owned_by(fakes[0].url, room), fakes[0].url));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name)     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define HASTY(name) cmocka_unit_test_setup_teardown(name, setup_hasty, teardown)
#define CALM(name)  cmocka_unit_test_setup_teardown(name, setup_calm, teardown)
		T(test_the_owner_is_asked),
		T(test_keys_of_a_peer_that_is_down_go_to_others),
		HASTY(test_a_frozen_peer_costs_one_timeout),
		HASTY(test_heartbeats_find_a_frozen_peer),
		T(test_heartbeats_are_below_the_base),
		T(test_who_says_that_it_leaves_is_not_asked),
		CALM(test_a_slow_load_is_waited_for),
		T(test_nobody_wants_it_any_more),
		T(test_nonsense_is_no_answer),
		T(test_endless_answers_end),
		T(test_redirects_are_not_followed),
		T(test_a_peer_that_resets_is_down_after_some),
		T(test_connections_that_are_closed_between),
		T(test_failures_with_a_name_are_answers),
		T(test_a_value_may_expire),
		T(test_values_that_are_too_large),
		T(test_everybody_is_told),
		T(test_a_group_goes_by_the_other_base),
		HASTY(test_who_was_away_is_told_later),
		T(test_peers_that_stay_are_kept),
		T(test_a_ring_outlives_its_membership),
		T(test_a_bad_membership_changes_nothing),
		T(test_it_changes_while_peers_are_asked),
		T(test_go_programs_are_not_asked_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
