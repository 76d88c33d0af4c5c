/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spec.h"

static struct node *node;

static int setup(void **state)
{
	struct spec spec = { .ops = getter_ops_find("command"),
		             .source = "true" };
	struct group_settings set = { .policy = evict_find("lfu"),
		                      .capacity = 12345,
		                      .max_value = 10,
		                      .timeout_ms = 1000,
		                      .loads = 1 };
	struct reason why = { "" };
	struct getter *getter;

	(void)state;
	if (node_create(&node, 2) < 0 || spec_create(&getter, &spec, &why) < 0)
		return -1;
	if (node_add_group(node, "a b%", &set, getter) < 0 ||
	    node_add_group(node, "plain", &set, getter) < 0)
		return -1;
	getter_unref(getter);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	node_destroy(node);
	return 0;
}

/* The text of a report; for buf_release(). */
static struct buf text_of(const char *name)
{
	struct buf out;

	buf_init(&out, REPORT_MAX);
	assert_non_null(report_find(name));
	assert_int_equal(report_find(name)->print(node, &out), 0);
	assert_int_equal(buf_append(&out, "", 1), 0);
	return out;
}

static void test_stats_has_a_line_a_group(void **state)
{
	struct buf out = text_of("stats");
	const char *group = strstr(out.data, "\ngroup=a%20b%25 policy=lfu ");

	(void)state;
	assert_int_equal(strncmp(out.data, "version=", 8), 0);
	assert_non_null(strstr(out.data, " uptime="));
	assert_non_null(group);
	assert_non_null(strstr(group, "capacity=12345\ngroup=plain "));
	assert_int_equal(out.data[out.len - 2], '\n');
	buf_release(&out);
}

static void test_standalone_has_no_peers(void **state)
{
	struct buf peers = text_of("peers"), ring = text_of("ring");

	(void)state;
	assert_string_equal(peers.data, "");
	assert_string_equal(ring.data, "");
	buf_release(&peers);
	buf_release(&ring);
}

static void test_config_is_what_was_set(void **state)
{
	struct buf out = text_of("config");

	(void)state;
	assert_string_equal(out.data, "");
	buf_release(&out);
	node_set_config(node, strdup("one\n"));
	node_set_config(node, strdup("two\n"));
	out = text_of("config");
	assert_string_equal(out.data, "two\n");
	buf_release(&out);
}

static void test_version_is_a_line(void **state)
{
	struct buf out = text_of("version");

	(void)state;
	assert_string_equal(out.data, DREAMFS_VERSION "\n");
	buf_release(&out);
}

static void test_there_are_no_others(void **state)
{
	(void)state;
	assert_null(report_find("stat"));
	assert_null(report_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stats_has_a_line_a_group),
		cmocka_unit_test(test_standalone_has_no_peers),
		cmocka_unit_test(test_config_is_what_was_set),
		cmocka_unit_test(test_version_is_a_line),
		cmocka_unit_test(test_there_are_no_others),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
