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
	assert_int_equal(r->count, 3);
	assert_int_equal(r->self, 2);
	assert_string_equal(r->self_path, "/dream");
	assert_string_equal(r->placement.ops->name, "groupcache");
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(r->names[i], three[i]);
		assert_ptr_not_equal(r->names[i], three[i]);
		assert_int_equal(ring_find(r, three[i]), i);
	}
	assert_true(ring_find(r, "http://localhost:8001/") == PLACEMENT_NONE);
	assert_true(r->shares[0] + r->shares[1] + r->shares[2] > 0.999999);
	ring_unref(r);
	r = make(three, 3, three[0]);
	assert_string_equal(r->self_path, "");
	ring_unref(r);
	ring_unref(NULL);
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

		assert_string_equal(r->names[0], good[i]);
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
	size_t down = placement_owner(&r->placement, key, NULL);
	struct placement_alive alive = { is_up, &down };

	(void)state;
	assert_true(down < 3);
	assert_true(placement_owner(&r->placement, key, &alive) < 3);
	assert_int_not_equal(placement_owner(&r->placement, key, &alive), down);
	ring_unref(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_it_was_given),
		cmocka_unit_test(bad_lists),
		cmocka_unit_test(good_urls),
		cmocka_unit_test(bad_urls),
		cmocka_unit_test(passes_over_the_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
