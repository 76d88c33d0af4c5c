/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/freshness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples. */
#define NOW   INT64_C(784111777)
#define DATE  "Sun, 06 Nov 1994 08:49:37 GMT"
#define LATER "Sun, 06 Nov 1994 08:50:37 GMT" /* 60 s */
#define YEAR  (INT64_C(31536000) * 1000)

static int64_t of_cache_control(const char *text)
{
	return freshness_ms(&(struct freshness){ .cache_control = text }, NOW);
}

static void reads_cache_control(void **state)
{
	(void)state;
	assert_int_equal(of_cache_control("max-age=60"), 60000);
	assert_int_equal(of_cache_control("Max-Age=60"), 60000);
	assert_int_equal(of_cache_control("public, max-age=60 , x=y"), 60000);
	assert_int_equal(of_cache_control(",, max-age=\"60\","), 60000);
	assert_int_equal(of_cache_control("max-age=60, s-maxage=5"), 5000);
	assert_int_equal(of_cache_control("s-maxage=90,max-age=60"), 90000);
	assert_int_equal(of_cache_control("max-age=60, max-age=30"), 30000);
	assert_int_equal(of_cache_control("max-age=0, must-revalidate"), 0);
	assert_int_equal(of_cache_control("max-age=60, must-revalidate"),
	                 60000);
}

static void obeys_refusals(void **state)
{
	(void)state;
	assert_int_equal(of_cache_control("no-store, max-age=60"), 0);
	assert_int_equal(of_cache_control("max-age=60,No-Cache"), 0);
	assert_int_equal(of_cache_control("private,max-age=60"), 0);
	assert_int_equal(of_cache_control("no-cache=\"set-cookie, x\","
	                                  "max-age=60"),
	                 0);
}

static bool must_revalidate(const char *text)
{
	return freshness_must_revalidate(
	        &(struct freshness){ .cache_control = text });
}

static void knows_what_is_never_stale(void **state)
{
	(void)state;
	assert_true(must_revalidate("max-age=60, must-revalidate"));
	assert_true(must_revalidate("Proxy-Revalidate"));
	assert_true(must_revalidate("s-maxage=60"));
	assert_true(must_revalidate("no-cache"));
	assert_true(must_revalidate("no-store"));
	assert_true(must_revalidate("max-age=60, private"));
	assert_false(must_revalidate(NULL));
	assert_false(must_revalidate("max-age=0"));
	assert_false(must_revalidate("max-age=60, stale-if-error=60"));
	assert_false(must_revalidate("x=\"must-revalidate\""));
}

static void is_not_misled(void **state)
{
	(void)state;
	assert_int_equal(of_cache_control("max-age=-1"), 0);
	assert_int_equal(of_cache_control("max-age=6x"), 0);
	assert_int_equal(of_cache_control("max-age="), 0);
	assert_int_equal(of_cache_control("max-age"), 0);
	assert_int_equal(of_cache_control("xmax-age=60"), 0);
	assert_int_equal(of_cache_control("max-age=1.5"), 0);
	assert_int_equal(of_cache_control("x=\"max-age=60\""), 0);
	assert_int_equal(of_cache_control("x=\"no-store, \\\"\",max-age=60"),
	                 60000);
	assert_int_equal(of_cache_control("max-age=99999999999999999999999"),
	                 YEAR);
	assert_int_equal(of_cache_control(""), 0);
	assert_int_equal(of_cache_control("x=\"unclosed, max-age=60"), 0);
}

static void reads_expires(void **state)
{
	struct freshness f = { .expires = LATER, .date = DATE };

	(void)state;
	assert_int_equal(freshness_ms(&f, 0), 60000);
	f.date = NULL;
	assert_int_equal(freshness_ms(&f, NOW), 60000);
	assert_int_equal(freshness_ms(&f, NOW + 50), 10000);
	assert_int_equal(freshness_ms(&f, NOW + 90), 0);
	f.expires = "0";
	f.last_modified = "Sun, 06 Nov 1984 08:49:37 GMT";
	assert_int_equal(freshness_ms(&f, NOW), 0);
	f.expires = LATER;
	f.cache_control = "max-age=7";
	assert_int_equal(freshness_ms(&f, NOW), 7000);
	f.cache_control = "public";
	assert_int_equal(freshness_ms(&f, NOW), 60000);
}

static void subtracts_age(void **state)
{
	struct freshness f = { .cache_control = "max-age=60", .age = "20" };

	(void)state;
	assert_int_equal(freshness_ms(&f, NOW), 40000);
	f.age = "60";
	assert_int_equal(freshness_ms(&f, NOW), 0);
	f.age = "99999999999999999999";
	assert_int_equal(freshness_ms(&f, NOW), 0);
	f.age = "nonsense";
	assert_int_equal(freshness_ms(&f, NOW), 60000);
}

static void guesses_from_last_modified(void **state)
{
	struct freshness f = { .date = DATE,
		               .last_modified =
		                       "Sun, 06 Nov 1994 08:32:57 GMT" };

	(void)state;
	assert_int_equal(freshness_ms(&f, NOW), 100000); /* 1000 s / 10 */
	f.last_modified = "Sun, 06 Nov 1984 08:49:37 GMT";
	assert_int_equal(freshness_ms(&f, NOW), 86400000);
	f.last_modified = LATER;
	assert_int_equal(freshness_ms(&f, NOW), 0);
	f.last_modified = "yesterday, or so";
	assert_int_equal(freshness_ms(&f, NOW), 0);
	f.last_modified = "Sun, 06 Nov 1984 08:49:37 GMT";
	f.cache_control = "no-store";
	assert_int_equal(freshness_ms(&f, NOW), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_cache_control),
		cmocka_unit_test(obeys_refusals),
		cmocka_unit_test(knows_what_is_never_stale),
		cmocka_unit_test(is_not_misled),
		cmocka_unit_test(reads_expires),
		cmocka_unit_test(subtracts_age),
		cmocka_unit_test(guesses_from_last_modified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
