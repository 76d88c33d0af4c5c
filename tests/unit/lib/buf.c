/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_starts_empty(void **state)
{
	struct buf b;
	size_t len = 1;

	(void)state;
	buf_init(&b, 10);
	assert_null(b.data);
	assert_null(buf_steal(&b, &len));
	assert_int_equal(len, 0);
	buf_release(&b);
}

static void test_bytes_come_back_as_appended(void **state)
{
	struct buf b;
	size_t len;
	char *data;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 100000; i++) {
		char c = (char)(i * 7);

		assert_int_equal(buf_append(&b, &c, 1), 0);
	}
	assert_true(b.cap >= b.len);
	data = buf_steal(&b, &len);
	assert_int_equal(len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(data[i], (char)(i * 7));
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.max, 1 << 20);
	free(data);
}

static void test_the_maximum_holds_and_changes_nothing(void **state)
{
	struct buf b;

	(void)state;
	for (int how = 0; how < 4; how++) {
		buf_init(&b, 5);
		assert_int_equal(buf_puts(&b, "abc"), 0);
		switch (how) {
		case 0:
			assert_int_equal(buf_puts(&b, "def"), -EFBIG);
			break;
		case 1:
			assert_int_equal(buf_printf(&b, "%d", 123), -EFBIG);
			break;
		case 2:
			assert_int_equal(buf_reserve(&b, 3), -EFBIG);
			break;
		default:
			assert_int_equal(buf_append(&b, "x", SIZE_MAX), -EFBIG);
		}
		assert_int_equal(b.len, 3);
		assert_memory_equal(b.data, "abc", 3);
		buf_release(&b);
	}
	assert_int_equal(buf_puts(&b, "whole"), 0);
	assert_int_equal(buf_puts(&b, ""), 0);
	assert_int_equal(buf_puts(&b, "x"), -EFBIG);
	buf_release(&b);
	assert_int_equal(buf_puts(&b, "again"), 0);
	buf_release(&b);
}

/* A text that lacks something in its middle is never taken for whole. */
static void test_the_first_error_stays(void **state)
{
	struct buf b;
	size_t len;

	(void)state;
	buf_init(&b, 5);
	buf_puts(&b, "abc");
	buf_puts(&b, "long");
	assert_int_equal(buf_puts(&b, "d"), -EFBIG);
	assert_int_equal(buf_printf(&b, "d"), -EFBIG);
	assert_int_equal(buf_append(&b, "", 0), -EFBIG);
	assert_int_equal(buf_reserve(&b, 0), -EFBIG);
	assert_int_equal(buf_end(&b), -EFBIG);
	assert_int_equal(b.err, -EFBIG);
	assert_int_equal(b.len, 3);
	/* The next text is another. */
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_puts(&b, "d"), 0);
	assert_int_equal(buf_puts(&b, "more"), 0);
	buf_puts(&b, "x");
	free(buf_steal(&b, &len));
	assert_int_equal(len, 5);
	assert_int_equal(buf_puts(&b, "again"), 0);
	buf_release(&b);
}

static void test_the_end_is_not_counted(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_append(&b, "abc", 3);
	assert_int_equal(buf_end(&b), 0);
	assert_int_equal(b.len, 3);
	assert_string_equal(b.data, "abc");
	buf_append(&b, "d", 1);
	assert_int_equal(buf_end(&b), -EFBIG);
	assert_int_equal(b.len, 4);
	buf_release(&b);
}

static void test_nothing_fits_a_maximum_of_zero(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(buf_append(&b, "", 0), 0);
	assert_int_equal(buf_printf(&b, "%s", ""), 0);
	assert_int_equal(buf_puts(&b, "x"), -EFBIG);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void test_printf_ends_with_an_uncounted_nul(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 2000);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(buf_printf(&b, "%03d,", i), 0);
		assert_int_equal(b.data[b.len], '\0');
		assert_int_equal(strlen(b.data), b.len);
	}
	assert_int_equal(b.len, 800);
	assert_int_equal(strncmp(b.data, "000,001,002,", 12), 0);
	assert_int_equal(buf_printf(&b, "%1200s", "x"), 0);
	assert_int_equal(b.len, 2000);
	assert_int_equal(b.data[b.len], '\0');
	buf_release(&b);
}

static void test_reserved_room_is_there(void **state)
{
	struct buf b;
	char *at;

	(void)state;
	buf_init(&b, 100000);
	assert_int_equal(buf_puts(&b, "head"), 0);
	assert_int_equal(buf_reserve(&b, 99996), 0);
	at = b.data;
	memset(b.data + b.len, 'x', 99996);
	b.len += 99996;
	assert_ptr_equal(at, b.data);
	assert_memory_equal(b.data, "headxx", 6);
	assert_int_equal(buf_reserve(&b, 1), -EFBIG);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_empty),
		cmocka_unit_test(test_bytes_come_back_as_appended),
		cmocka_unit_test(test_the_maximum_holds_and_changes_nothing),
		cmocka_unit_test(test_the_first_error_stays),
		cmocka_unit_test(test_the_end_is_not_counted),
		cmocka_unit_test(test_nothing_fits_a_maximum_of_zero),
		cmocka_unit_test(test_printf_ends_with_an_uncounted_nul),
		cmocka_unit_test(test_reserved_room_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
