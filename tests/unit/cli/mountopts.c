/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/mountopts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct mountopts opts;
static struct reason why;

static int setup(void **state)
{
	(void)state;
	opts = (struct mountopts){ .config = NULL };
	why.text[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mountopts_release(&opts);
	return 0;
}

static void add(const char *text)
{
	assert_int_equal(mountopts_add(&opts, text, &why), 0);
}

static void test_nothing_comes_of_nothing(void **state)
{
	(void)state;
	add("");
	add(",,,");
	assert_null(opts.config);
	assert_null(opts.fuse);
	assert_false(opts.allow_other);
}

static void test_ours_are_taken(void **state)
{
	(void)state;
	add("config=/etc/a.conf,clone_fd,max_threads=16,max_idle_threads=3");
	assert_string_equal(opts.config, "/etc/a.conf");
	assert_true(opts.clone_fd);
	assert_int_equal(opts.max_threads, 16);
	assert_int_equal(opts.max_idle_threads, 3);
	assert_null(opts.fuse);
	add("config=/etc/b.conf");
	assert_string_equal(opts.config, "/etc/b.conf");
}

static void test_words_of_fstab_mean_nothing(void **state)
{
	(void)state;
	add("defaults,auto,noauto,user,users,nofail,_netdev,atime,relatime");
	add("x-systemd.automount,x-,X-mount.mkdir,comment=what ever");
	assert_null(opts.fuse);
}

static void test_the_rest_is_libfuse_s(void **state)
{
	(void)state;
	add("ro,allow_other");
	add("nodev,max_read=65536,userx,autox");
	assert_true(opts.allow_other);
	assert_string_equal(opts.fuse,
	                    "ro,allow_other,nodev,max_read=65536,userx,autox");
}

static void test_a_backslash_takes_the_next_as_it_is(void **state)
{
	(void)state;
	add("config=/a\\,b\\\\c,context=x\\,y\\\\z,end\\");
	assert_string_equal(opts.config, "/a,b\\c");
	assert_string_equal(opts.fuse, "context=x\\,y\\\\z,end\\\\");
	add("config=/a\\040b");
	assert_string_equal(opts.config, "/a b");
}

static void test_bad_numbers_are_refused(void **state)
{
	static const char *const bad[] = {
		"max_threads=",      "max_threads=0",
		"max_threads=-1",    "max_threads=1025",
		"max_threads=12x",   "max_threads= x",
		"max_idle_threads=", "max_threads=99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why.text[0] = '\0';
		assert_int_equal(mountopts_add(&opts, bad[i], &why), -EINVAL);
		assert_non_null(strstr(why.text, bad[i]));
	}
	assert_int_equal(opts.max_threads, 0);
	assert_int_equal(opts.max_idle_threads, 0);
}

static void test_there_is_an_end_to_it(void **state)
{
	char word[1001];
	int err = 0, n = 0;

	(void)state;
	memset(word, 'a', 1000);
	word[1000] = '\0';
	for (; !err && n < 1000; n++)
		err = mountopts_add(&opts, word, &why);
	assert_int_equal(err, -EFBIG);
	assert_in_range(n, 60, 70);
	assert_string_equal(why.text, "too many mount options");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_comes_of_nothing),
		TEST(test_ours_are_taken),
		TEST(test_words_of_fstab_mean_nothing),
		TEST(test_the_rest_is_libfuse_s),
		TEST(test_a_backslash_takes_the_next_as_it_is),
		TEST(test_bad_numbers_are_refused),
		TEST(test_there_is_an_end_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
