/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct key key_text(const char *text)
{
	return key_of(text, strlen(text));
}

/* Takes the oldest; `key` NULL: it is for the whole group. */
static void notice_expect(struct backlog *b, const char *group, const char *key)
{
	struct notice *n = backlog_take(b);

	assert_non_null(n);
	assert_string_equal(n->group, group);
	assert_int_equal(n->whole, !key);
	assert_int_equal(n->key.len, key ? strlen(key) : 0);
	if (key)
		assert_memory_equal(n->key.data, key, n->key.len);
	free(n);
}

static void test_the_oldest_comes_first(void **state)
{
	struct backlog b;
	struct notice *n;

	(void)state;
	backlog_init(&b, 10);
	assert_int_equal(b.count, 0);
	assert_null(backlog_take(&b));
	assert_true(backlog_add(&b, "g", key_text("a")));
	assert_true(backlog_add(&b, "h", key_text("b")));
	assert_true(backlog_add(&b, "g", key_text("")));
	assert_int_equal(b.count, 3);
	/* One that could not be sent stays the first. */
	n = backlog_take(&b);
	backlog_return(&b, n);
	notice_expect(&b, "g", "a");
	notice_expect(&b, "h", "b");
	/* The empty key is a key. */
	notice_expect(&b, "g", "");
	assert_int_equal(b.count, 0);
	backlog_release(&b);
}

static void test_a_group_makes_its_keys_superfluous(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b, 10);
	backlog_add(&b, "g", key_text("a"));
	backlog_add(&b, "h", key_text("b"));
	backlog_add(&b, "g", key_text("c"));
	backlog_add(&b, "g", key_of(NULL, 0));
	backlog_add(&b, "g", key_of(NULL, 0));
	/* What comes later may be for what was loaded since. */
	backlog_add(&b, "g", key_text("d"));
	notice_expect(&b, "h", "b");
	notice_expect(&b, "g", NULL);
	notice_expect(&b, "g", "d");
	assert_int_equal(b.count, 0);
	backlog_release(&b);
}

/* Whatever does not fit, nothing that was invalidated is forgotten, and the
 * queue stays bounded. */
static void test_what_does_not_fit_becomes_the_group(void **state)
{
	const char *const groups[] = { "g", "h", "i" };
	struct backlog b;
	char key[16];

	(void)state;
	backlog_init(&b, 8);
	for (int n = 0; n < 1000; n++) {
		snprintf(key, sizeof(key), "%d", n);
		assert_true(backlog_add(&b, groups[n % 3], key_text(key)));
		assert_true(b.count <= 8 + 3);
	}
	for (int n = 0; n < 3; n++) {
		bool whole = false;

		for (struct list_node *at = b.queue.next; at != &b.queue;
		     at = at->next) {
			struct notice *x =
			        container_of(at, struct notice, node);

			if (strcmp(x->group, groups[n]) == 0)
				whole |= x->whole;
		}
		assert_true(whole);
	}
	backlog_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_oldest_comes_first),
		cmocka_unit_test(test_a_group_makes_its_keys_superfluous),
		cmocka_unit_test(test_what_does_not_fit_becomes_the_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
