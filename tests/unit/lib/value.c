/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/value.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct value *value_of(const char *text, const struct value_meta *meta)
{
	struct buf b;
	struct value *v;

	buf_init(&b, 1 << 20);
	assert_int_equal(buf_puts(&b, text), 0);
	v = value_create(&b, meta);
	assert_non_null(v);
	assert_null(b.data);
	return v;
}

static void test_bytes_are_taken_over(void **state)
{
	struct value_meta meta = { .mtime_ns = 42,
		                   .etag = "\"e\"",
		                   .last_modified = "yesterday",
		                   .source = VALUE_FROM_PEER };
	struct value *v = value_of("pong", &meta);

	(void)state;
	assert_int_equal(v->size, 4);
	assert_memory_equal(v->bytes, "pong", 4);
	assert_int_equal(v->mtime_ns, 42);
	assert_string_equal(v->etag, "\"e\"");
	assert_ptr_not_equal(v->etag, meta.etag);
	assert_string_equal(v->last_modified, "yesterday");
	assert_int_equal(v->source, VALUE_FROM_PEER);
	value_unref(v);
}

static void test_what_is_not_said_is_made_up(void **state)
{
	struct value_meta meta = { 0 };
	int64_t before = time(NULL);
	struct value *v = value_of("", &meta);

	(void)state;
	assert_int_equal(v->size, 0);
	assert_null(v->bytes);
	assert_null(v->etag);
	assert_null(v->last_modified);
	assert_int_equal(v->source, VALUE_FROM_GETTER);
	assert_int_equal(v->mtime_ns, v->loaded_ns);
	assert_true(v->loaded_ns / 1000000000 >= before);
	assert_true(v->loaded_ns / 1000000000 <= time(NULL));
	value_unref(v);
	value_unref(NULL);
}

static void test_footprint_is_at_least_what_it_holds(void **state)
{
	struct value_meta meta = { 0 };
	static char big[100001];
	struct value *small = value_of("x", &meta), *large;

	(void)state;
	memset(big, 'b', sizeof(big) - 1);
	large = value_of(big, &meta);
	assert_true(value_footprint(small) >= sizeof(*small) + 1);
	assert_true(value_footprint(small) < 1024);
	assert_true(value_footprint(large) >= sizeof(*large) + 100000);
	assert_true(value_footprint(large) < 110000);
	value_unref(small);
	value_unref(large);
}

static void test_sha256(void **state)
{
	struct value_meta meta = { 0 };
	struct value *v = value_of("abc", &meta), *none = value_of("", &meta);
	const char *first = value_sha256(v);

	(void)state;
	assert_string_equal(first, "ba7816bf8f01cfea414140de5dae2223"
	                           "b00361a396177a9cb410ff61f20015ad");
	assert_ptr_equal(value_sha256(v), first);
	assert_string_equal(value_sha256(none),
	                    "e3b0c44298fc1c149afbf4c8996fb924"
	                    "27ae41e4649b934ca495991b7852b855");
	value_unref(v);
	value_unref(none);
}

static void *use_value(void *arg)
{
	struct value *v = arg;
	const char *hex = value_sha256(v);

	for (int i = 0; i < 10000; i++)
		value_unref(value_ref(v));
	value_unref(v);
	return (void *)hex;
}

static void test_many_threads_share_it(void **state)
{
	struct value_meta meta = { .etag = "e" };
	struct value *v = value_of("shared", &meta);
	pthread_t threads[8];
	void *hex, *first = NULL;

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_value,
		                                value_ref(v)),
		                 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &hex);
		first = first ? first : hex;
		assert_ptr_equal(hex, first);
	}
	assert_int_equal(atomic_load(&v->refs), 1);
	value_unref(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_are_taken_over),
		cmocka_unit_test(test_what_is_not_said_is_made_up),
		cmocka_unit_test(test_footprint_is_at_least_what_it_holds),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_many_threads_share_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
