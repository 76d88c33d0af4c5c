/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/placement/ring.h"
#include "cli/ring_print.h"

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
	struct key key = { "ping", 4 };
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

static void print(const struct ring *r, const char *const *words, size_t count,
                  const char *in_text, size_t in_len, int expected,
                  const char *text)
{
	FILE *in = fmemopen((void *)in_text, in_len, "r"), *out;
	struct reason why = { "" };
	char *got = NULL;
	size_t len;

	out = open_memstream(&got, &len);
	assert_non_null(in);
	if (words)
		assert_int_equal(
		        cli_ring_owners(r, words, count, in, out, &why),
		        expected);
	else
		assert_int_equal(cli_ring_shares(r, out, &why), expected);
	fclose(out);
	fclose(in);
	assert_string_equal(got, text);
	assert_int_equal(expected == 0, why.text[0] == '\0');
	free(got);
}

static void prints(void **state)
{
	static const char *const gc3[] = {
		"http://localhost:8001",
		"http://localhost:8002",
		"http://localhost:8003",
	};
	/* owners as ring-groupcache.tsv has them for gc3: ping, "a b", "a/b" */
	static const char *const words[] = { "ping", "a%20b", "-", "a%2fb" };
	struct ring *r = make(gc3, 3, gc3[0]);
	const char *owner[3];
	char text[512];

	(void)state;
	owner[0] = ring_name(r, ring_owner(r, key_of("ping", 4), NULL));
	owner[1] = ring_name(r, ring_owner(r, key_of("a b", 3), NULL));
	owner[2] = ring_name(r, ring_owner(r, key_of("a/b", 3), NULL));
	snprintf(text, sizeof(text),
	         "ping\t%s\na%%20b\t%s\na b\t%s\na%%2Fb\t%s\na%%2fb\t%s\n",
	         owner[0], owner[1], owner[1], owner[2], owner[2]);
	print(r, words, 4, "a b\na%2Fb", 9, 0, text);
	print(r, words, 4, "a b\na%2Fb\n", 10, 0, text);
	snprintf(text, sizeof(text), "%s\t%.2f%%\n%s\t%.2f%%\n%s\t%.2f%%\n",
	         gc3[0], 100 * ring_share(r, 0), gc3[1], 100 * ring_share(r, 1),
	         gc3[2], 100 * ring_share(r, 2));
	print(r, NULL, 0, "x", 1, 0, text);
	ring_unref(r);
}

static void prints_no_impossible_name(void **state)
{
	struct ring *r = make(three, 1, three[0]);
	const char *dash = "-";
	size_t len = 3 * KEY_MAX + 2;
	char *longest = malloc(len), *text = malloc(len + 64);

	(void)state;
	/* too long as a name, then as a key, then just right */
	memset(longest, 'x', len);
	print(r, &dash, 1, longest, len, -ENAMETOOLONG, "");
	print(r, &dash, 1, longest, KEY_MAX + 1, -ENAMETOOLONG, "");
	for (size_t i = 0; i < KEY_MAX; i++)
		memcpy(longest + 3 * i, "%41", 3);
	longest[3 * KEY_MAX] = '\0';
	snprintf(text, len + 64, "%s\t%s\n", longest, three[0]);
	print(r, &dash, 1, longest, 3 * KEY_MAX, 0, text);
	free(longest);
	free(text);
	ring_unref(r);
}

static void says_when_it_cannot_print(void **state)
{
	struct ring *r = make(three, 3, three[0]);
	FILE *full = fopen("/dev/full", "w");
	struct reason why = { "" };

	(void)state;
	assert_non_null(full);
	assert_int_equal(cli_ring_shares(r, full, &why), -EIO);
	assert_string_equal(why.text,
	                    "cannot write the ring: No space left on device");
	fclose(full);
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
		cmocka_unit_test(cell_swaps_under_readers),
		cmocka_unit_test(cell_may_be_empty),
		cmocka_unit_test(prints),
		cmocka_unit_test(prints_no_impossible_name),
		cmocka_unit_test(says_when_it_cannot_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
