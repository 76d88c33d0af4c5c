/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/mountinfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_proc_is_mounted(void **state)
{
	struct mount m;

	(void)state;
	assert_true(mountinfo_find("/proc", &m));
	assert_string_equal(m.type, "proc");
	assert_non_null(strchr(m.device, ':'));
}

static void test_only_exact_paths_are_found(void **state)
{
	struct mount m = { "kept", "kept" };

	(void)state;
	assert_false(mountinfo_find("/proc/", &m));
	assert_false(mountinfo_find("/proc/self/status", &m));
	assert_false(mountinfo_find("proc", &m));
	assert_false(mountinfo_find("", &m));
	assert_string_equal(m.type, "kept");
}

static void test_what_is_not_mounted_cannot_be_detached(void **state)
{
	(void)state;
	assert_true(mount_detach("/proc/self/status") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proc_is_mounted),
		cmocka_unit_test(test_only_exact_paths_are_found),
		cmocka_unit_test(test_what_is_not_mounted_cannot_be_detached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
