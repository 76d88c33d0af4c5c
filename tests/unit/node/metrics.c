/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The lines; that Prometheus takes them, tests/metrics.bats sees. */
#include "node/metrics.h"

#include "os/selfproc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "spec.h"

static struct node *node;

static void add_group(const char *name, struct getter *getter)
{
	struct group_settings set = { .policy = evict_find("lru"),
		                      .capacity = 12345,
		                      .max_value = 10,
		                      .timeout_ms = 1000,
		                      .loads = 1 };

	assert_int_equal(node_add_group(node, name, &set, getter), 0);
}

static int setup(void **state)
{
	struct spec spec = { .ops = getter_ops_find("command"),
		             .source = "true" };
	struct reason why = { "" };
	struct getter *getter;

	(void)state;
	assert_int_equal(node_create(&node, 2), 0);
	assert_int_equal(spec_create(&getter, &spec, &why), 0);
	add_group("plain", getter);
	add_group("a\"b\\c", getter);
	add_group("\xc3\xa9\xff{}", getter);
	getter_unref(getter);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	node_destroy(node);
	return 0;
}

static struct buf metrics(void)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	assert_int_equal(metrics_print(node, &out), 0);
	assert_int_equal(buf_append(&out, "", 1), 0);
	return out;
}

static void expect_line(const char *line)
{
	struct buf out = metrics();

	if (!strstr(out.data, line))
		fail_msg("not there: %s", line);
	buf_release(&out);
}

static void test_lines(void **state)
{
	(void)state;
	expect_line("# TYPE dreamfs_gets_total counter\n");
	expect_line("\ndreamfs_gets_total{group=\"plain\"} 0\n");
	expect_line("\ndreamfs_cache_capacity_bytes{group=\"plain\"} 12345\n");
	expect_line("\ndreamfs_build_info{version=\"" DREAMFS_VERSION
	            "\"} 1\n");
	expect_line("\nprocess_open_fds ");
}

static void test_labels(void **state)
{
	(void)state;
	expect_line("\ndreamfs_loads_total{group=\"a\\\"b\\\\c\"} 0\n");
	expect_line("\ndreamfs_loads_total{group=\"\xc3\xa9%FF{}\"} 0\n");
}

/* A waiter that says when it was answered. */
struct asked {
	struct waiter waiter;
	atomic_bool done;
};

static void asked_done(struct waiter *w, const struct answer *a)
{
	struct asked *asked = (struct asked *)w;

	(void)a;
	atomic_store(&asked->done, true);
}

static void test_histogram(void **state)
{
	struct group *g = node_find_group(node, "plain");
	struct asked asked = { .done = false };

	(void)state;
	assert_non_null(g);
	waiter_init(&asked.waiter, asked_done);
	group_get(g, key_of("k", 1), GROUP_HELD_OR_LOAD, &asked.waiter);
	while (!atomic_load(&asked.done))
		usleep(1000);
	group_unref(g);
	expect_line("\ndreamfs_load_duration_seconds_bucket{group=\"plain\","
	            "source=\"getter\",le=\"60\"} 1\n");
	expect_line("\ndreamfs_load_duration_seconds_bucket{group=\"plain\","
	            "source=\"getter\",le=\"+Inf\"} 1\n");
	expect_line("\ndreamfs_load_duration_seconds_count{group=\"plain\","
	            "source=\"getter\"} 1\n");
	expect_line("\ndreamfs_load_duration_seconds_count{group=\"plain\","
	            "source=\"peer\"} 0\n");
	expect_line("\ndreamfs_gets_total{group=\"plain\"} 1\n");
}

static void test_too_much(void **state)
{
	struct buf out = metrics();
	size_t len = out.len;

	(void)state;
	buf_release(&out);
	for (size_t max = 0; max < len; max += 97) {
		buf_init(&out, max);
		assert_int_not_equal(metrics_print(node, &out), 0);
		assert_true(out.len <= max);
		buf_release(&out);
	}
}

static void test_process(void **state)
{
	struct selfproc a = selfproc_read(), b;
	int fd = dup(0);

	(void)state;
	b = selfproc_read();
	assert_true(fd >= 0);
	assert_int_equal(b.open_fds, a.open_fds + 1);
	close(fd);
	assert_true(a.started_s == b.started_s);
	assert_true(a.started_s > (double)time(NULL) - 600);
	assert_true(a.started_s < (double)time(NULL) + 2);
	assert_true(b.cpu_s >= a.cpu_s && a.cpu_s > 0);
	assert_true(a.virtual_bytes > a.resident_bytes);
	assert_true(a.resident_bytes > 1 << 20);
	assert_true(a.max_fds > a.open_fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_histogram),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_process),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
