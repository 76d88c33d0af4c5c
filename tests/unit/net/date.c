/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW  784111777
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static void reads_all_date_forms(void **state)
{
	(void)state;
	assert_int_equal(http_date_parse(DATE), NOW);
	assert_int_equal(http_date_parse("Sunday, 06-Nov-94 08:49:37 GMT"),
	                 NOW);
	assert_int_equal(http_date_parse("Sun Nov  6 08:49:37 1994"), NOW);
	assert_int_equal(http_date_parse(""), -1);
	assert_int_equal(http_date_parse("x"), -1);
	assert_int_equal(http_date_parse(NULL), -1);
}

static void writes_dates(void **state)
{
	char text[HTTP_DATE_MAX];

	(void)state;
	assert_true(http_date_format(NOW, text));
	assert_string_equal(text, DATE);
	assert_true(http_date_format(0, text));
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_true(http_date_format(951782400, text));
	assert_string_equal(text, "Tue, 29 Feb 2000 00:00:00 GMT");
	assert_true(http_date_format(253402300799, text));
	assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
	assert_false(http_date_format(253402300800, text));
	assert_false(http_date_format(INT64_MAX, text));
	assert_false(http_date_format(INT64_MIN, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_date_forms),
		cmocka_unit_test(writes_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
