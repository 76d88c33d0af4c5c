/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/key.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct key text(const char *s)
{
	return key_of(s, strlen(s));
}

static void reads_as(const char *name, const char *bytes, size_t len)
{
	char out[64];

	assert_int_equal(key_from_name(name, strlen(name), out), len);
	assert_memory_equal(out, bytes, len);
}

static void spelled(const char *bytes, size_t len, const char *name)
{
	char out[64];

	assert_int_equal(key_to_name(key_of(bytes, len), out), strlen(name));
	assert_string_equal(out, name);
}

static void test_any_spelling_is_read(void **state)
{
	(void)state;
	reads_as("plain", "plain", 5);
	reads_as("a%2Fb", "a/b", 3);
	reads_as("a%2fb", "a/b", 3);
	reads_as("%00", "", 1);
	reads_as("%25", "%", 1);
	reads_as("%2E", ".", 1);
	reads_as("%2e%2E", "..", 2);
	reads_as("%41%6a", "Aj", 2);
	reads_as("%ff%FF", "\xff\xff", 2);
	reads_as("%252F", "%2F", 3);
}

static void test_a_lone_percent_is_itself(void **state)
{
	(void)state;
	reads_as("%", "%", 1);
	reads_as("100%", "100%", 4);
	reads_as("%4", "%4", 2);
	reads_as("%4g", "%4g", 3);
	reads_as("%g4", "%g4", 3);
	reads_as("%%41", "%A", 2);
	reads_as("%%", "%%", 2);
	reads_as("%-1", "%-1", 3);
	reads_as("% 1", "% 1", 3);
	reads_as("%@A", "%@A", 3);
	reads_as("%G0", "%G0", 3);
}

/* Behind the end of a name may stand anything. */
static void test_the_length_is_respected(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(key_from_name("%41", 2, out), 2);
	assert_memory_equal(out, "%4", 2);
	assert_int_equal(key_from_name("%41", 0, out), 0);
}

static void test_the_canonical_spelling(void **state)
{
	(void)state;
	spelled("plain", 5, "plain");
	spelled("a/b", 3, "a%2Fb");
	spelled("a\0b", 3, "a%00b");
	spelled("100%", 4, "100%25");
	spelled("%2F", 3, "%252F");
	spelled(".", 1, "%2E");
	spelled("..", 2, "%2E%2E");
	spelled("...", 3, "...");
	spelled(".a", 2, ".a");
	spelled("\xff \n", 3, "\xff \n");
	spelled("", 0, "");
}

/* Every key of up to two bytes, and random longer ones full of specials. */
static void round_trip(const char *bytes, size_t len)
{
	char name[3 * 64 + 1], back[3 * 64];
	size_t n = key_to_name(key_of(bytes, len), name);

	assert_int_equal(strlen(name), n);
	assert_null(strchr(name, '/'));
	assert_string_not_equal(name, ".");
	assert_string_not_equal(name, "..");
	assert_int_equal(key_from_name(name, n, back), len);
	assert_memory_equal(back, bytes, len);
}

static void test_round_trip(void **state)
{
	static const char specials[] = "%/.25FfE\0a";
	char bytes[64];

	(void)state;
	for (int c = 0; c < 65536; c++) {
		bytes[0] = (char)(c >> 8);
		bytes[1] = (char)c;
		round_trip(bytes, 2);
		round_trip(bytes, 1);
	}
	srandom(1);
	for (int n = 0; n < 100000; n++) {
		size_t len = (size_t)random() % sizeof(bytes);

		for (size_t i = 0; i < len; i++)
			bytes[i] =
			        specials[(size_t)random() % sizeof(specials)];
		round_trip(bytes, len);
	}
}

static void test_equality_is_of_bytes(void **state)
{
	(void)state;
	assert_true(key_equal(text("a"), text("a")));
	assert_true(key_equal(key_of("a\0b", 3), key_of("a\0b", 3)));
	assert_false(key_equal(key_of("a\0b", 3), key_of("a\0c", 3)));
	assert_false(key_equal(text("a"), text("ab")));
	assert_true(key_equal(text(""), key_of("x", 0)));
}

static void test_hashes_follow_the_bytes_and_spread(void **state)
{
	enum { KEYS = 1 << 14, BUCKETS = 1 << 10 };
	static unsigned int counts[BUCKETS];
	char copy[33], other[33];

	(void)state;
	for (size_t len = 0; len <= 32; len++) {
		memset(copy, 'k', len);
		memset(other, 'k', len);
		assert_int_equal(key_of(copy, len).hash,
		                 key_of(other, len).hash);
		assert_int_equal(key_copy(key_of(other, len), copy).hash,
		                 key_of(copy, len).hash);
		other[len] = '\0';
		assert_int_not_equal(key_of(copy, len).hash,
		                     key_of(other, len + 1).hash);
	}
	for (int i = 0; i < KEYS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "key-%d", i);
		counts[text(name).hash % BUCKETS]++;
	}
	/* 16 expected: by chance more than 60 happens once in 10^13. */
	for (int i = 0; i < BUCKETS; i++)
		assert_in_range(counts[i], 0, 60);
}

static void test_decoding_makes_the_key_hash_included(void **state)
{
	char room[8];
	struct key key;

	(void)state;
	assert_int_equal(key_decode(&key, "a%2Fb+", 6, true, room), 0);
	assert_ptr_equal(key.data, room);
	assert_true(key_equal(key, text("a/b ")));
	assert_int_equal(key.hash, text("a/b ").hash);
	assert_int_equal(key_decode(&key, "a%2", 3, true, room), -EINVAL);
	assert_int_equal(key.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_spelling_is_read),
		cmocka_unit_test(test_a_lone_percent_is_itself),
		cmocka_unit_test(test_the_length_is_respected),
		cmocka_unit_test(test_the_canonical_spelling),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_equality_is_of_bytes),
		cmocka_unit_test(test_hashes_follow_the_bytes_and_spread),
		cmocka_unit_test(test_decoding_makes_the_key_hash_included),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
