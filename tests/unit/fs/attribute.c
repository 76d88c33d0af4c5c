/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fs/attribute.h"
#include "lib/units.h"
#include "source.h"

static struct node *node;
static struct inodes inodes;
static struct inode *dir;

static int setup(void **state)
{
	struct group_settings settings = group_defaults();
	struct getter *getter;

	(void)state;
	source_reset();
	getter = source_getter();
	assert_int_equal(node_create(&node, 4), 0);
	assert_int_equal(node_add_group(node, "one", &settings, getter), 0);
	assert_int_equal(node_add_group(node, "more", &settings, getter), 0);
	assert_int_equal(node_add_group(node, "one", &settings, getter),
	                 -EEXIST);
	getter_unref(getter);
	assert_int_equal(inodes_init(&inodes), 0);
	group = node_find_group(node, "one");
	dir = inode_of_group(&inodes, group);
	return dir ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	group_unref(group);
	node_close(node);
	inodes_release(&inodes);
	node_destroy(node);
	close(source.go_fd);
	return 0;
}

/* The text, or the errno in brackets: borrowed until the next call. */
static const char *get(const struct inode *i, const char *name)
{
	static char shown[1024];
	char full[64];
	const struct attribute *a;
	struct subject s;
	struct buf b;
	int err;

	snprintf(full, sizeof(full), "user.dreamfs.%s", name);
	a = attribute_find(i, full);
	if (!a)
		return "(none)";
	buf_init(&b, sizeof(shown) - 1);
	subject_init(&s, node, i);
	err = attribute_get(a, &s, &b);
	subject_release(&s);
	if (err)
		snprintf(shown, sizeof(shown), "(%d)", err);
	else
		snprintf(shown, sizeof(shown), "%.*s", (int)b.len,
		         b.data ? b.data : "");
	buf_release(&b);
	return shown;
}

static int set(const char *name, const char *text)
{
	const struct attribute *a = attribute_find(dir, name);

	assert_non_null(a);
	assert_non_null(a->set);
	return a->set(group, text);
}

#define NO_DATA "(-61)"

static void test_names_belong_to_a_kind(void **state)
{
	struct inode *key = inode_of_name(&inodes, dir, "k");

	(void)state;
	assert_non_null(attribute_find(inodes.root, "user.dreamfs.version"));
	assert_null(attribute_find(dir, "user.dreamfs.version"));
	assert_non_null(attribute_find(dir, "user.dreamfs.policy"));
	assert_null(attribute_find(key, "user.dreamfs.policy"));
	assert_non_null(attribute_find(key, "user.dreamfs.etag"));
	assert_null(attribute_find(dir, "user.dreamfs."));
	assert_null(attribute_find(dir, "user.dreamfs"));
	assert_null(attribute_find(dir, "policy"));
	assert_null(attribute_find(dir, "security.selinux"));
	assert_null(attribute_find(dir, "user.dreamfs.policy "));
}

/* Whatever is listed can be read, and what can only be set is not listed. */
static void all_listed_are_read(const struct inode *i, size_t expected)
{
	struct buf names;
	size_t n = 0;

	buf_init(&names, 65536);
	assert_int_equal(attribute_list(i, node, &names), 0);
	assert_int_equal(names.data[names.len - 1], '\0');
	for (size_t at = 0; at < names.len;
	     at += strlen(names.data + at) + 1, n++) {
		const char *text;

		assert_int_equal(strncmp(names.data + at, "user.dreamfs.", 13),
		                 0);
		text = get(i, names.data + at + 13);
		assert_int_not_equal(text[0], '(');
		assert_null(strchr(text, '\n'));
	}
	assert_int_equal(n, expected);
	buf_release(&names);
}

static void test_listing(void **state)
{
	(void)state;
	all_listed_are_read(inodes.root, 4);
	all_listed_are_read(dir, 12 + COUNTER_COUNT);
	assert_int_equal(gate_count(&source.begun), 0);
}

static void test_the_root(void **state)
{
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_string_equal(get(inodes.root, "version"), DREAMFS_VERSION);
	assert_string_equal(get(inodes.root, "pid"), pid);
	assert_string_equal(get(inodes.root, "groups"), "more one");
}

static void test_a_group(void **state)
{
	(void)state;
	assert_string_equal(get(dir, "policy"), "lru");
	assert_string_equal(get(dir, "policies"), "lru lfu");
	assert_string_equal(get(dir, "capacity"), "1048576");
	assert_string_equal(get(dir, "ttl"), "0");
	assert_string_equal(get(dir, "getter"), "source: test");
	assert_string_equal(get(dir, "invalidate"), NO_DATA);
	assert_string_equal(get(dir, "gets"), "0");
	group_load(group, "k");
	group_load(group, "k");
	assert_string_equal(get(dir, "gets"), "2");
	assert_string_equal(get(dir, "cache_hits"), "1");
	assert_string_equal(get(dir, "items"), "1");
	assert_int_equal(strncmp(get(dir, "stats"), "gets=2 ", 7), 0);
}

static void test_switches(void **state)
{
	(void)state;
	group_load(group, "k");
	assert_int_equal(set("user.dreamfs.policy", "lfu"), 0);
	assert_string_equal(get(dir, "policy"), "lfu");
	assert_int_equal(set("user.dreamfs.policy", "nonsense"), -EINVAL);
	assert_int_equal(set("user.dreamfs.policy", ""), -EINVAL);
	assert_string_equal(get(dir, "policy"), "lfu");
	assert_int_equal(set("user.dreamfs.capacity", "2M"), 0);
	assert_string_equal(get(dir, "capacity"), "2097152");
	assert_int_equal(set("user.dreamfs.capacity", "2Q"), -EINVAL);
	assert_int_equal(set("user.dreamfs.ttl", "90s"), 0);
	assert_int_equal(group_settings(group).ttl_ms, 90000);
	assert_int_equal(set("user.dreamfs.ttl", "soon"), -EINVAL);
	assert_string_equal(get(dir, "items"), "1");
	assert_int_equal(set("user.dreamfs.invalidate", "1"), 0);
	assert_string_equal(get(dir, "items"), "0");
}

static void test_a_key_that_is_not_held(void **state)
{
	static const char *const unknown[] = { "state",  "age",      "ttl",
		                               "size",   "hits",     "etag",
		                               "sha256", "fetch_ms", "error" };
	struct inode *key = inode_of_name(&inodes, dir, "k");

	(void)state;
	assert_string_equal(get(key, "source"), "none");
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_string_equal(get(key, unknown[i]), NO_DATA);
	assert_int_equal(gate_count(&source.begun), 0);
}

static void test_a_key_that_is_held(void **state)
{
	struct inode *key = inode_of_name(&inodes, dir, "k");
	uint64_t seconds;

	(void)state;
	source.etag = "\"e\"";
	group_load(group, "k");
	group_load(group, "k");
	assert_string_equal(get(key, "source"), "getter");
	assert_string_equal(get(key, "state"), "fresh");
	assert_string_equal(get(key, "ttl"), "never");
	assert_string_equal(get(key, "size"), "3");
	assert_string_equal(get(key, "hits"), "1");
	assert_string_equal(get(key, "hits"), "1");
	assert_string_equal(get(key, "etag"), "\"e\"");
	assert_int_equal(strlen(get(key, "sha256")), 64);
	assert_string_equal(get(key, "error"), NO_DATA);
	source.ttl_ms = 3600000;
	group_invalidate(group, text("k"));
	group_load(group, "k");
	assert_int_equal(number_parse(get(key, "ttl"), 10, 3600, &seconds), 0);
	assert_in_range(seconds, 3500, 3600);
	assert_int_equal(number_parse(get(key, "age"), 10, 60, &seconds), 0);
}

static void test_stale_and_failed(void **state)
{
	struct inode *key = inode_of_name(&inodes, dir, "k");
	struct reader r;

	(void)state;
	source.etag = "e";
	source.ttl_ms = 0;
	group_load(group, "k");
	assert_string_equal(get(key, "state"), "stale");
	assert_string_equal(get(key, "ttl"), "0");
	source.err = -EIO;
	reader_ask(&r, group, "k");
	reader_gets(&r, -EIO, NULL);
	assert_string_equal(get(key, "error"), "as told");
	assert_string_equal(get(key, "state"), "stale");
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names_belong_to_a_kind),
		TEST(test_listing),
		TEST(test_the_root),
		TEST(test_a_group),
		TEST(test_switches),
		TEST(test_a_key_that_is_not_held),
		TEST(test_a_key_that_is_held),
		TEST(test_stale_and_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
