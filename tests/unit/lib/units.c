/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/units.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define KIB         UINT64_C(1024)
#define DAY         (INT64_C(24) * 3600 * 1000)

static const char *const nonsense[] = {
	"",    " ",   "x",  "-1",  "+1",   " 1",  "1 ",   "1 K", ".5K", "1.K",
	"1e3", "0x1", "1Q", "K",   "1.5",  "1,5", "1KK",  "1bb", "1iB", "512B",
	"1Ki", "m",   "5",  "5 m", "5min", "5S",  "0.5x", "1.",  "%",   "1%%",
};

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },
		{ "512", 512 },
		{ "512K", 512 * KIB },
		{ "512k", 512 * KIB },
		{ "64M", 64 * KIB * KIB },
		{ "64MB", 64 * KIB * KIB },
		{ "64MiB", 64 * KIB * KIB },
		{ "64mib", 64 * KIB * KIB },
		{ "2G", 2 * KIB * KIB * KIB },
		{ "1T", KIB * KIB * KIB * KIB },
		{ "1.5G", 3 * KIB * KIB * KIB / 2 },
		{ "0.5K", 512 },
		{ "1.1K", 1126 },
		{ "007", 7 },
		{ "4611686018427387904", UINT64_C(1) << 62 },
		{ "4194304T", UINT64_C(1) << 62 },
	};
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(size_parse(good[i].text, &bytes), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{ "0", 0 },        { "0s", 0 },      { "250ms", 250 },
		{ "30s", 30000 },  { "5m", 300000 }, { "1h", 3600000 },
		{ "7d", 7 * DAY }, { "0.5s", 500 },  { "1.5h", 5400000 },
		{ "1.9ms", 1 },    { "0.001s", 1 },  { "10000d", 10000 * DAY },
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(duration_parse(good[i].text, &ms), 0);
		assert_int_equal(ms, good[i].ms);
	}
}

static void test_shares(void **state)
{
	static const struct {
		const char *text;
		double share;
	} good[] = {
		{ "0", 0 },     { "1", 1 },         { "0%", 0 },
		{ "100%", 1 },  { "10%", 0.1 },     { "0.5%", 0.005 },
		{ "0.1", 0.1 }, { "12.5%", 0.125 },
	};
	double share;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(share_parse(good[i].text, &share), 0);
		assert_float_equal(share, good[i].share, 1e-9);
	}
}

static void test_nonsense_is_refused(void **state)
{
	uint64_t bytes = 42;
	int64_t ms = 42;
	double share = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(nonsense); i++) {
		const char *s = nonsense[i];

		if (strcmp(s, "5") != 0)
			assert_int_equal(size_parse(s, &bytes), -EINVAL);
		assert_int_equal(duration_parse(s, &ms), -EINVAL);
		if (strcmp(s, "5") != 0 && strcmp(s, "1.5") != 0)
			assert_int_equal(share_parse(s, &share), -EINVAL);
	}
	assert_int_equal(bytes, 42);
	assert_int_equal(ms, 42);
	assert_float_equal(share, 42, 0);
}

static void test_numbers(void **state)
{
	uint64_t n = 0;

	(void)state;
	assert_int_equal(number_parse("0444", 8, 0777, &n), 0);
	assert_int_equal(n, 0444);
	assert_int_equal(
	        number_parse("18446744073709551615", 10, UINT64_MAX, &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(
	        number_parse("18446744073709551616", 10, UINT64_MAX, &n),
	        -ERANGE);
	assert_int_equal(number_parse("101", 10, 100, &n), -ERANGE);
	assert_int_equal(number_parse("99999999999999999999999x", 10, 1, &n),
	                 -EINVAL);
	assert_int_equal(number_parse("8", 8, 100, &n), -EINVAL);
	assert_int_equal(number_parse("", 10, 100, &n), -EINVAL);
	assert_int_equal(number_parse("-1", 10, 100, &n), -EINVAL);
	assert_int_equal(number_parse(" 1", 10, 100, &n), -EINVAL);
}

/* Zero means "none" or "never", so it is only ever meant when written. */
static void test_nothing_rounds_to_zero(void **state)
{
	uint64_t bytes;
	int64_t ms;

	(void)state;
	assert_int_equal(duration_parse("0.5ms", &ms), -EINVAL);
	assert_int_equal(duration_parse("0.0000001s", &ms), -EINVAL);
	assert_int_equal(size_parse("0.0001K", &bytes), -EINVAL);
	assert_int_equal(size_parse("0.0000000000000001T", &bytes), -EINVAL);
}

static void test_too_much_is_refused(void **state)
{
	uint64_t bytes;
	int64_t ms;
	double share;

	(void)state;
	assert_int_equal(size_parse("4611686018427387905", &bytes), -ERANGE);
	assert_int_equal(size_parse("4194304.1T", &bytes), -ERANGE);
	assert_int_equal(size_parse("18446744073709551616", &bytes), -ERANGE);
	assert_int_equal(size_parse("99999999999999999999999T", &bytes),
	                 -ERANGE);
	assert_int_equal(duration_parse("10001d", &ms), -ERANGE);
	assert_int_equal(duration_parse("99999999999999999999ms", &ms),
	                 -ERANGE);
	assert_int_equal(share_parse("101%", &share), -ERANGE);
	assert_int_equal(share_parse("1.1", &share), -ERANGE);
	assert_int_equal(share_parse("99999999999999999999", &share), -ERANGE);
}

static void test_the_shortest_exact_spelling(void **state)
{
	static const struct {
		uint64_t n;
		const char *size, *duration;
	} good[] = {
		{ 0, "0", "0" },
		{ 1, "1", "1ms" },
		{ 100, "100", "100ms" },
		{ 1000, "1000", "1s" },
		{ 1024, "1K", "1024ms" },
		{ 1500, "1500", "1.5s" },
		{ 60000, "60000", "1m" },
		{ 129600000, "129600000", "36h" },
		{ 1536 * KIB, "1.5M", "26.2144m" },
		{ 64 * KIB * KIB, "64M", "67108864ms" },
		{ (64 * KIB * KIB) + 1, "67108865", "67108865ms" },
	};
	char text[UNITS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_string_equal(size_format(good[i].n, text), good[i].size);
		assert_string_equal(duration_format((int64_t)good[i].n, text),
		                    good[i].duration);
	}
}

static void test_spellings_read_back(void **state)
{
	char text[UNITS_TEXT_MAX];
	uint64_t bytes;
	int64_t ms;

	(void)state;
	for (uint64_t n = 1; n <= UINT64_C(1) << 61; n += 1 + n / 7) {
		uint64_t round = n & ~((UINT64_C(1) << (n % 40)) - 1);

		assert_int_equal(size_parse(size_format(n, text), &bytes), 0);
		assert_int_equal(bytes, n);
		assert_int_equal(size_parse(size_format(round, text), &bytes),
		                 0);
		assert_int_equal(bytes, round);
		if ((int64_t)n > 10000 * DAY)
			continue;
		duration_format((int64_t)n, text);
		assert_int_equal(duration_parse(text, &ms), 0);
		assert_int_equal(ms, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_nonsense_is_refused),
		cmocka_unit_test(test_nothing_rounds_to_zero),
		cmocka_unit_test(test_too_much_is_refused),
		cmocka_unit_test(test_the_shortest_exact_spelling),
		cmocka_unit_test(test_spellings_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
