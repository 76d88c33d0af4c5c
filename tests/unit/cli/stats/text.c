/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stats/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct statstext text;
static struct reason why;

static int parse(const char *stats, size_t len, const char *peers)
{
	struct buf answer;

	why.text[0] = '\0';
	buf_init(&answer, STATSTEXT_MAX);
	buf_append(&answer, stats, len);
	buf_append(&answer, "", 1);
	assert_int_equal(buf_puts(&answer, peers), 0);
	return statstext_parse(&text, &answer, &why);
}

static void accepted(const char *stats, const char *peers)
{
	assert_int_equal(parse(stats, strlen(stats), peers), 0);
}

static void refused(const char *stats, const char *reason)
{
	assert_int_equal(parse(stats, strlen(stats), ""), -EINVAL);
	assert_string_equal(why.text, reason);
	assert_null(text.groups);
}

static void test_a_node_with_groups_and_peers(void **state)
{
	(void)state;
	accepted("version=1.2 pid=7 uptime=90\n"
	         "group=a policy=lru gets=12 new_word=x\n"
	         "group=b policy=lfu gets=3\n",
	         "http://a:1 self\nhttp://b:1 down 12s\nhttp://c:1 up\n");
	assert_string_equal(stats_word_find(&text.node, "version"), "1.2");
	assert_int_equal(stats_number_find(&text.node, "uptime"), 90);
	assert_null(text.node.group);
	assert_int_equal(text.group_count, 2);
	assert_string_equal(text.groups[1].group, "b");
	assert_int_equal(stats_number_find(&text.groups[0], "gets"), 12);
	assert_string_equal(stats_word_find(&text.groups[0], "new_word"), "x");
	assert_int_equal(stats_number_find(&text.groups[0], "new_word"), 0);
	assert_int_equal(stats_number_find(&text.groups[0], "none"), 0);
	assert_ptr_equal(stats_group_find(&text, "b", 1), &text.groups[1]);
	assert_null(stats_group_find(&text, "bb", 2));
	assert_int_equal(text.peer_count, 3);
	assert_string_equal(text.peers[1].url, "http://b:1");
	assert_string_equal(text.peers[1].state, "down 12s");
	statstext_release(&text);
}

static void test_names_are_decoded(void **state)
{
	(void)state;
	accepted("version=1\ngroup=a%20b%25%3d%FF%zz policy=x", "");
	assert_string_equal(text.groups[0].group, "a b%=\xff%zz");
	assert_int_equal(text.groups[0].group_len, 9);
	assert_string_equal(stats_word_find(&text.groups[0], "policy"), "x");
	statstext_release(&text);
	accepted("version=1\ngroup=a%00b policy=x", "");
	assert_int_equal(text.groups[0].group_len, 3);
	statstext_release(&text);
}

static void test_a_node_without_groups(void **state)
{
	(void)state;
	accepted("version=1 pid=2 uptime=3\n", "");
	assert_int_equal(text.group_count, 0);
	assert_int_equal(text.peer_count, 0);
	statstext_release(&text);
}

static void test_what_is_not_a_report(void **state)
{
	(void)state;
	refused("", "line 1: no version=");
	refused("pid=1\n", "line 1: no version=");
	refused("<html>\n<body>", "line 1: '<html>' is not NAME=VALUE");
	refused("version=1 =2", "line 1: '=2' is not NAME=VALUE");
	refused("version=1 a=1 a=2", "line 1: 'a' comes twice");
	refused("version=1\npolicy=lru group=a",
	        "line 2: does not begin with group=");
	refused("version=1\n  \n", "line 2: does not begin with group=");
	refused("version=1\ngroup=a\ngets\n",
	        "line 3: 'gets' is not NAME=VALUE");
	assert_int_equal(parse("version=1\0a=b", 13, ""), -EINVAL);
}

static void test_too_many_words(void **state)
{
	char stats[16 * STATSTEXT_WORDS] = "version=1";

	(void)state;
	for (int n = 1; n < STATSTEXT_WORDS; n++)
		snprintf(stats + strlen(stats), 16, " w%d=1", n);
	accepted(stats, "");
	statstext_release(&text);
	snprintf(stats + strlen(stats), 16, " more=1");
	refused(stats, "line 1: more than 256 words");
}

static void test_numbers(void **state)
{
	uint64_t n = 5;

	(void)state;
	assert_true(stats_number("0", &n) && n == 0);
	assert_true(stats_number("18446744073709551615", &n));
	assert_true(n == UINT64_MAX);
	assert_false(stats_number("18446744073709551616", &n));
	assert_false(stats_number("", &n));
	assert_false(stats_number("007", &n));
	assert_false(stats_number("-1", &n));
	assert_false(stats_number("1.5", &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_node_with_groups_and_peers),
		cmocka_unit_test(test_names_are_decoded),
		cmocka_unit_test(test_a_node_without_groups),
		cmocka_unit_test(test_what_is_not_a_report),
		cmocka_unit_test(test_too_many_words),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
