/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *root; /* a directory of our own, without links in its path */

static void expect(char *got, const char *under)
{
	char *want;

	assert_true(asprintf(&want, "%s%s", root, under) > 0);
	assert_non_null(got);
	assert_string_equal(got, want);
	free(want);
	free(got);
}

static int setup(void **state)
{
	char name[] = "/tmp/dreamfs-path-XXXXXX";

	(void)state;
	if (!mkdtemp(name) || !(root = realpath(name, NULL)) ||
	    chdir(root) < 0 || mkdir("dir", 0755) < 0 ||
	    symlink("dir", "link") < 0 || symlink("nowhere", "dead") < 0)
		return -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink("dead");
	unlink("link");
	rmdir("dir");
	if (chdir("/") < 0 || rmdir(root) < 0)
		return -1;
	free(root);
	return 0;
}

static void test_absolute(void **state)
{
	(void)state;
	expect(path_absolute("x"), "/x");
	expect(path_absolute("./x/../y"), "/./x/../y");
	char *same = path_absolute("/a/../b");

	assert_string_equal(same, "/a/../b");
	free(same);
}

static void test_absolute_from_the_root(void **state)
{
	char *path;

	(void)state;
	assert_int_equal(chdir("/"), 0);
	path = path_absolute("x");
	assert_string_equal(path, "/x");
	free(path);
	assert_int_equal(chdir(root), 0);
}

static void test_resolve_follows_links(void **state)
{
	(void)state;
	expect(path_resolve("link"), "/dir");
	expect(path_resolve("link/../dir/."), "/dir");
	expect(path_resolve("."), "");
}

static void test_resolve_copes_with_a_missing_end(void **state)
{
	(void)state;
	expect(path_resolve("link/gone"), "/dir/gone");
	expect(path_resolve("link/gone/"), "/dir/gone");
	expect(path_resolve("gone"), "/gone");
	expect(path_resolve("dead"), "/dead");
	expect(path_resolve("gone/too"), "/gone/too");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absolute),
		cmocka_unit_test(test_absolute_from_the_root),
		cmocka_unit_test(test_resolve_follows_links),
		cmocka_unit_test(test_resolve_copes_with_a_missing_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
