/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/placement/ring.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const three[] = {
	"http://localhost:8001",
	"http://localhost:8002",
	"http://localhost:8003/dream",
};

static struct ring *make(const char *const *peers, size_t count,
                         const char *self)
{
	struct ring *r = NULL;
	struct reason why = { "" };

	assert_int_equal(ring_create(&r, placement_find("groupcache"), peers,
	                             count, self, 0, &why),
	                 0);
	assert_string_equal(why.text, "");
	return r;
}

static void tells_what_it_was_given(void **state)
{
	struct ring *r = make(three, 3, three[2]);

	(void)state;
	assert_int_equal(ring_count(r), 3);
	assert_int_equal(ring_self(r), 2);
	assert_string_equal(ring_self_path(r), "/dream");
	assert_string_equal(ring_placement(r), "groupcache");
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(ring_name(r, i), three[i]);
		assert_ptr_not_equal(ring_name(r, i), three[i]);
		assert_int_equal(ring_find(r, three[i]), i);
	}
	assert_true(ring_find(r, "http://localhost:8001/") == PLACEMENT_NONE);
	assert_true(ring_share(r, 0) + ring_share(r, 1) + ring_share(r, 2) >
	            0.999999);
	ring_unref(r);
	r = make(three, 3, three[0]);
	assert_string_equal(ring_self_path(r), "");
	ring_unref(r);
}

static void refuse(const char *const *peers, size_t count, const char *self,
                   unsigned int replicas, const char *reason)
{
	struct ring *r = NULL;
	struct reason why = { "" };

	assert_int_equal(ring_create(&r, placement_find("groupcache"), peers,
	                             count, self, replicas, &why),
	                 -EINVAL);
	assert_null(r);
	assert_string_equal(why.text, reason);
}

static void bad_lists(void **state)
{
	const char *const twice[] = { three[0], three[1], three[0] };

	(void)state;
	refuse(three, 0, three[0], 0, "no peers");
	refuse(three, 3, "http://localhost:8001/", 0,
	       "self 'http://localhost:8001/' is not one of the peers");
	refuse(three, 3, "HTTP://localhost:8001", 0,
	       "self 'HTTP://localhost:8001' is not one of the peers");
	refuse(twice, 3, three[1], 0,
	       "peer 'http://localhost:8001' is listed twice");
	refuse(three, 3, three[0], PLACEMENT_REPLICAS_MAX + 1,
	       "replicas is over 65536");
}

static void good_urls(void **state)
{
	static const char *const good[] = {
		"http://a:1",        "https://a.b-c.example:65535",
		"http://[::1]:7246", "http://10.0.0.1:80/",
		"http://a:1/p/q",    "http://example.net",
		"http://a//",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct ring *r = make(&good[i], 1, good[i]);

		assert_string_equal(ring_name(r, 0), good[i]);
		ring_unref(r);
	}
}

static void bad_urls(void **state)
{
	static const char *const bad[] = {
		"",
		"localhost:8001",
		"ftp://a:1",
		"HTTP://a:1",
		"http://",
		"http://:1",
		"http:///x",
		"http://a:",
		"http://a:0",
		"http://a:65536",
		"http://a:123456",
		"http://a:1x",
		"http://a:-1",
		"http://a:1:2",
		"http://u@a:1",
		"http://u:p@a:1",
		"http://a:1?q",
		"http://a:1/#f",
		"http://a:1 ",
		" http://a:1",
		"http://a:1/x y",
		"http://a\n:1",
		"http://\xc3\xa9:1",
		"http://::1:80",
		"http://[]:80",
		"http://[::1:80",
		"http://[::1]80",
		"http://[a]b]:1",
	};
	char big[RING_NAME_MAX + 2];

	(void)state;
	memset(big, 'a', sizeof(big));
	memcpy(big, "http://", 7);
	big[sizeof(big) - 1] = '\0';
	for (size_t i = 0; i <= sizeof(bad) / sizeof(*bad); i++) {
		const char *url = i < sizeof(bad) / sizeof(*bad) ? bad[i] : big;
		struct ring *r = NULL;
		struct reason why = { "" };

		assert_int_equal(ring_create(&r, placement_find("jump"), &url,
		                             1, url, 0, &why),
		                 -EINVAL);
		assert_memory_equal(why.text, "peer '", 6);
	}
	big[RING_NAME_MAX] = '\0';
	ring_unref(make((const char *const[]){ big }, 1, big));
}

static bool is_up(void *arg, size_t peer)
{
	return peer != *(const size_t *)arg;
}

static void passes_over_the_dead(void **state)
{
	struct ring *r = make(three, 3, three[0]);
	struct key key = key_of("ping", 4);
	size_t down = ring_owner(r, key, NULL);
	struct placement_alive alive = { is_up, &down };

	(void)state;
	assert_true(down < 3);
	assert_true(ring_owner(r, key, &alive) < 3);
	assert_int_not_equal(ring_owner(r, key, &alive), down);
	ring_unref(r);
}

#define SWAPS 2000

static void *read_rings(void *arg)
{
	struct ring_cell *cell = arg;
	size_t seen = 0;

	for (int i = 0; i < SWAPS; i++) {
		struct ring *r = ring_cell_get(cell);
		size_t owner = ring_owner(r, key_of("key", 3), NULL);

		seen += strlen(ring_name(r, owner)) > 0;
		ring_unref(r);
	}
	return (void *)(uintptr_t)seen;
}

/* Readers keep whole rings while others come and go. */
static void cell_swaps_under_readers(void **state)
{
	struct ring_cell cell;
	pthread_t readers[2];
	void *seen;

	(void)state;
	ring_cell_init(&cell, make(three, 3, three[0]));
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		        pthread_create(&readers[i], NULL, read_rings, &cell),
		        0);
	for (int i = 0; i < SWAPS; i++)
		ring_cell_swap(&cell, make(three, 1 + (size_t)i % 3, three[0]));
	for (int i = 0; i < 2; i++) {
		pthread_join(readers[i], &seen);
		assert_int_equal((uintptr_t)seen, SWAPS);
	}
	ring_cell_release(&cell);
}

static void cell_may_be_empty(void **state)
{
	struct ring_cell cell;
	struct ring *first, *r;

	(void)state;
	ring_cell_init(&cell, NULL);
	assert_null(ring_cell_get(&cell));
	first = make(three, 3, three[1]);
	ring_cell_swap(&cell, first);
	r = ring_cell_get(&cell);
	assert_ptr_equal(r, first);
	ring_cell_swap(&cell, NULL);
	assert_null(ring_cell_get(&cell));
	/* ours outlives the swap */
	assert_int_equal(ring_self(r), 1);
	ring_unref(r);
	ring_cell_release(&cell);
	ring_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_it_was_given),
		cmocka_unit_test(bad_lists),
		cmocka_unit_test(good_urls),
		cmocka_unit_test(bad_urls),
		cmocka_unit_test(passes_over_the_dead),
		cmocka_unit_test(cell_swaps_under_readers),
		cmocka_unit_test(cell_may_be_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
