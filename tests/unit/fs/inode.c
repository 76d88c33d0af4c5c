/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fs/inode.h"
#include "source.h"

static struct inodes inodes;
static struct inode *dir;

static int setup(void **state)
{
	int err = group_setup(state);

	if (err || inodes_init(&inodes) < 0)
		return -1;
	dir = inode_of_group(&inodes, group);
	return dir ? 0 : -1;
}

/* Whatever is left is the kernel's fault, and freed all the same. */
static int teardown(void **state)
{
	inodes_release(&inodes);
	return group_teardown(state);
}

static struct inode *look_up(const char *name)
{
	struct inode *i = inode_of_name(&inodes, dir, name);

	assert_non_null(i);
	return i;
}

static size_t inode_count(void)
{
	size_t n = 0;

	for (struct list_node *l = inodes.all.next; l != &inodes.all;
	     l = l->next)
		n++;
	return n;
}

/* How many were collected; they are given back. */
static size_t give_back(struct list_node *list)
{
	size_t n = 0;

	while (!list_empty(list)) {
		struct inode *i =
		        container_of(list->next, struct inode, queued_node);

		list_remove(&i->queued_node);
		inode_dequeued(&inodes, i);
		inode_unpin(&inodes, i);
		n++;
	}
	return n;
}

static size_t collect(struct key key)
{
	struct list_node list;

	list_init(&list);
	inodes_collect(&inodes, group, key, &list);
	return give_back(&list);
}

static void test_a_name_has_one_current_inode(void **state)
{
	struct inode *a = look_up("a"), *b = look_up("b");

	(void)state;
	assert_ptr_equal(look_up("a"), a);
	assert_ptr_not_equal(a, b);
	assert_int_equal(a->kind, INODE_KEY);
	assert_ptr_equal(a->parent, dir);
	assert_true(a->number != b->number && a->number != dir->number);
	assert_ptr_equal(inode_of_group(&inodes, group), dir);
	assert_int_equal(inode_count(), 4);
	inode_forget(&inodes, a, 1);
	assert_int_equal(inode_count(), 4);
	inode_forget(&inodes, a, 1);
	assert_int_equal(inode_count(), 3);
}

/* Each is to be told to the kernel by its own name. */
static void test_spellings_of_a_key_are_apart(void **state)
{
	struct inode *a = look_up("a%2Fb"), *b = look_up("a%2fb");

	(void)state;
	assert_ptr_not_equal(a, b);
	assert_true(key_equal(a->key, text("a/b")));
	assert_true(key_equal(b->key, text("a/b")));
	assert_string_equal(b->name, "a%2fb");
	assert_int_equal(collect(text("a/b")), 2);
	assert_int_equal(collect(text("a%2fb")), 0);
}

static void test_numbers_are_never_used_again(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (int n = 0; n < 100; n++) {
		struct inode *i = look_up("same");

		assert_true(i->number > last);
		last = i->number;
		inode_forget(&inodes, i, 1);
	}
}

static void test_files_keep_their_directory(void **state)
{
	struct inode *a = look_up("a");

	(void)state;
	inode_forget(&inodes, dir, 1);
	assert_int_equal(inode_count(), 3);
	assert_string_equal(a->parent->name, "test");
	inode_forget(&inodes, a, 1);
	assert_int_equal(inode_count(), 1); /* the root */
	inode_forget(&inodes, inodes.root, 1000);
	assert_int_equal(inode_count(), 1);
	dir = inode_of_group(&inodes, group);
}

static void test_a_pin_keeps_what_the_kernel_forgot(void **state)
{
	struct inode *a = look_up("a");

	(void)state;
	inode_pin(&inodes, a);
	inode_forget(&inodes, a, 1);
	assert_ptr_equal(look_up("a"), a);
	inode_forget(&inodes, a, 1);
	inode_unpin(&inodes, a);
	assert_int_equal(inode_count(), 2);
}

static void test_a_version_is_an_inode(void **state)
{
	struct value *v1 = value_made("1", 1, NULL);
	struct value *v2 = value_made("2", 1, NULL);
	struct inode *a = look_up("a"), *b;

	(void)state;
	assert_ptr_equal(inode_bind(&inodes, a, v1), a);
	assert_ptr_equal(inode_bind(&inodes, look_up("a"), v1), a);
	b = inode_bind(&inodes, look_up("a"), v2);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(atomic_load(&a->value), v1);
	assert_ptr_equal(atomic_load(&b->value), v2);
	assert_ptr_equal(look_up("a"), b);
	assert_int_equal(a->lookups, 2); /* the third moved */
	assert_int_equal(b->lookups, 2);
	inode_forget(&inodes, a, 2);
	assert_int_equal(atomic_load(&v1->refs), 1);
	assert_int_equal(atomic_load(&v2->refs), 2);
	value_unref(v1);
	value_unref(v2);
}

static void test_resolving_happens_once(void **state)
{
	struct value *v1 = value_made("1", 1, NULL);
	struct value *v2 = value_made("2", 1, NULL);
	struct inode *a = look_up("a");

	(void)state;
	inode_resolve(&inodes, a, v1);
	inode_resolve(&inodes, a, v2);
	assert_ptr_equal(atomic_load(&a->value), v1);
	value_unref(v1);
	value_unref(v2);
}

static void test_what_is_not_held_is_not_given_out(void **state)
{
	struct value *v = value_made("1", 1, NULL);
	struct inode *a = look_up("a"), *i;

	(void)state;
	/* Unresolved: nothing to give out, and nothing to replace. */
	assert_ptr_equal(inode_bind(&inodes, a, NULL), a);
	inode_resolve(&inodes, a, v);
	i = inode_bind(&inodes, look_up("a"), NULL);
	assert_ptr_not_equal(i, a);
	assert_null(atomic_load(&i->value));
	assert_ptr_equal(atomic_load(&a->value), v);
	assert_ptr_equal(look_up("a"), i);
	value_unref(v);
}

static void test_collecting(void **state)
{
	struct group *other = group_made("other");
	struct inode *dir2 = inode_of_group(&inodes, other), *a = look_up("a");
	struct list_node first, again;
	char name[16];

	(void)state;
	assert_ptr_not_equal(inode_of_name(&inodes, dir2, "a"), a);
	for (int n = 0; n < 100; n++) {
		snprintf(name, sizeof(name), "k%d", n);
		look_up(name);
	}
	assert_int_equal(collect(text("a")), 1);
	assert_int_equal(collect(text("none")), 0);
	assert_int_equal(collect(key_of(NULL, 0)), 101);
	/* What is queued is not queued again, and stays while it is. */
	list_init(&first);
	list_init(&again);
	assert_true(inode_collect(&inodes, a, &first));
	assert_false(inode_collect(&inodes, a, &again));
	inodes_collect(&inodes, group, text("a"), &again);
	assert_true(list_empty(&again));
	inode_forget(&inodes, a, 1);
	assert_string_equal(a->name, "a");
	assert_int_equal(give_back(&first), 1);
	assert_int_equal(collect(text("a")), 0);
	group_close(other);
	group_unref(other);
}

enum { ROUNDS = 3000, THREADS = 4 };

static void *churn(void *arg)
{
	struct value *mine = value_made(arg, 1, NULL);
	struct list_node list;

	for (int n = 0; n < ROUNDS; n++) {
		char name[2] = { (char)('a' + n % 5), '\0' };
		struct inode *i = inode_of_name(&inodes, dir, name);

		i = inode_bind(&inodes, i, n % 3 ? mine : NULL);
		inode_pin(&inodes, i);
		inode_forget(&inodes, i, 1);
		inode_resolve(&inodes, i, mine);
		list_init(&list);
		inodes_collect(&inodes, group, text(name), &list);
		give_back(&list);
		inode_unpin(&inodes, i);
	}
	value_unref(mine);
	return NULL;
}

static void test_many_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (int n = 0; n < THREADS; n++)
		assert_int_equal(pthread_create(&threads[n], NULL, churn,
		                                (char *)"1234" + n),
		                 0);
	for (int n = 0; n < THREADS; n++)
		pthread_join(threads[n], NULL);
	assert_int_equal(inode_count(), 2);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- reports ---- */

static struct value *text_of(size_t size)
{
	struct value_meta meta = { 0 };
	struct buf text;
	struct value *v;

	buf_init(&text, size);
	assert_int_equal(buf_reserve(&text, size), 0);
	memset(text.data, 'x', size);
	text.len = size;
	v = value_create(&text, &meta);
	assert_non_null(v);
	return v;
}

static void test_each_look_at_a_report_is_another_inode(void **state)
{
	struct inode *about = inode_of_about(&inodes), *a, *b;
	struct value *one = text_of(10), *two = text_of(20);
	size_t count = inode_count();

	(void)state;
	assert_ptr_equal(inode_of_about(&inodes), about);
	assert_int_equal(inode_of_report(&inodes, about, 3, "stats", one, &a),
	                 0);
	assert_int_equal(inode_of_report(&inodes, about, 3, "stats", two, &b),
	                 0);
	value_unref(one);
	value_unref(two);
	assert_ptr_not_equal(a, b);
	assert_int_equal(a->number, b->number);
	assert_int_equal(atomic_load(&a->value)->size, 10);
	assert_int_equal(atomic_load(&b->value)->size, 20);
	assert_int_equal(inodes.report_bytes, 30);
	/* The directory stays for those who are in it. */
	inode_forget(&inodes, about, 2);
	assert_int_equal(inode_count(), count + 2);
	inode_forget(&inodes, a, 1);
	inode_forget(&inodes, b, 1);
	assert_int_equal(inode_count(), count - 1);
	assert_int_equal(inodes.report_bytes, 0);
}

static void test_open_reports_are_bounded(void **state)
{
	struct inode *about = inode_of_about(&inodes), *a, *b;
	struct value *big = text_of(INODE_REPORTS_MAX - 1), *two = text_of(2);

	(void)state;
	assert_int_equal(inode_of_report(&inodes, about, 0, "stats", big, &a),
	                 0);
	value_unref(big);
	assert_int_equal(inode_of_report(&inodes, about, 0, "stats", two, &b),
	                 -ENFILE);
	assert_null(b);
	inode_forget(&inodes, a, 1);
	assert_int_equal(inode_of_report(&inodes, about, 0, "stats", two, &b),
	                 0);
	value_unref(two);
	inode_forget(&inodes, b, 1);
	inode_forget(&inodes, about, 1);
}

static void test_reports_are_nobodys_keys(void **state)
{
	struct inode *about = inode_of_about(&inodes), *a;
	struct value *text = text_of(5);

	(void)state;
	assert_int_equal(inode_of_report(&inodes, about, 0, "stats", text, &a),
	                 0);
	value_unref(text);
	assert_int_equal(collect(key_of(NULL, 0)), 0);
	assert_int_equal(collect(key_of("stats", 5)), 0);
	assert_ptr_not_equal(look_up("stats"), a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_name_has_one_current_inode),
		TEST(test_spellings_of_a_key_are_apart),
		TEST(test_numbers_are_never_used_again),
		TEST(test_files_keep_their_directory),
		TEST(test_a_pin_keeps_what_the_kernel_forgot),
		TEST(test_a_version_is_an_inode),
		TEST(test_resolving_happens_once),
		TEST(test_what_is_not_held_is_not_given_out),
		TEST(test_collecting),
		TEST(test_many_threads),
		TEST(test_each_look_at_a_report_is_another_inode),
		TEST(test_open_reports_are_bounded),
		TEST(test_reports_are_nobodys_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
