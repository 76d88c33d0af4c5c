/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/percent.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_decoded(const char *raw, bool plus, const char *bytes,
                           size_t n)
{
	char room[64];
	struct key out;

	assert_int_equal(
	        percent_decode(key_of(raw, strlen(raw)), plus, room, &out), 0);
	assert_int_equal(out.len, n);
	assert_memory_equal(out.data, bytes, n);
}

static void test_decoded(void **state)
{
	(void)state;
	expect_decoded("", false, "", 0);
	expect_decoded("a/b?c", false, "a/b?c", 5);
	expect_decoded("%41%2f%2F%00%ff%25", false, "A//\0\xff%", 6);
	expect_decoded("a+b%2B", false, "a+b+", 4);
	expect_decoded("a+b%2B", true, "a b+", 4);
}

static void test_refused(void **state)
{
	static const char *const wrong[] = { "%",   "a%",   "%4",  "%4g",
		                             "%g4", "%%41", "%-1", "% 1" };
	char room[8];
	struct key out;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(
		        percent_decode(key_of(wrong[i], strlen(wrong[i])),
		                       false, room, &out),
		        -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decoded),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
