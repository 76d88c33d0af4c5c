/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "group/failures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct key text(const char *s)
{
	return key_of(s, strlen(s));
}

static struct reason because(const char *why)
{
	struct reason r;

	reason_set(&r, 0, "%s", why);
	return r;
}

static void add(struct failures *f, const char *key, const char *why)
{
	struct reason r = because(why);

	failures_add(f, text(key), &r);
}

static void test_the_latest_reason_counts(void **state)
{
	struct failures f;
	struct reason why = because("untouched");

	(void)state;
	failures_init(&f);
	assert_false(failures_find(&f, text("a"), &why));
	assert_string_equal(why.text, "untouched");
	add(&f, "a", "first");
	add(&f, "a", "second");
	add(&f, "", "the empty key");
	assert_int_equal(f.count, 2);
	assert_true(failures_find(&f, text("a"), &why));
	assert_string_equal(why.text, "second");
	assert_true(failures_find(&f, text(""), &why));
	assert_string_equal(why.text, "the empty key");
	failures_release(&f);
	assert_int_equal(f.count, 0);
}

static void test_success_makes_forget(void **state)
{
	struct failures f;
	struct reason why;

	(void)state;
	failures_init(&f);
	failures_forget(&f, text("a"));
	add(&f, "a", "x");
	add(&f, "b", "y");
	failures_forget(&f, text("a"));
	failures_forget(&f, text("a"));
	assert_false(failures_find(&f, text("a"), &why));
	assert_true(failures_find(&f, text("b"), &why));
	failures_release(&f);
}

static void test_only_so_many_are_kept(void **state)
{
	struct failures f;
	struct reason why;
	char key[16];

	(void)state;
	failures_init(&f);
	for (int i = 0; i < FAILURES_MAX; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		add(&f, key, "x");
	}
	add(&f, "k0", "again"); /* is now the youngest */
	add(&f, "one", "more");
	add(&f, "two", "more");
	assert_int_equal(f.count, FAILURES_MAX);
	assert_true(failures_find(&f, text("k0"), &why));
	assert_false(failures_find(&f, text("k1"), &why));
	assert_false(failures_find(&f, text("k2"), &why));
	assert_true(failures_find(&f, text("k3"), &why));
	failures_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_latest_reason_counts),
		cmocka_unit_test(test_success_makes_forget),
		cmocka_unit_test(test_only_so_many_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
