/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/command/argv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct key key(const char *text)
{
	return key_of(text, strlen(text));
}

/* Splits, fills with group g and `k`, and compares with the words given. */
static void check(const char *line, const char *k, const char *const *want)
{
	struct reason why = { "" };
	struct argv a;
	char **words;
	size_t n = 0;

	assert_int_equal(argv_split(&a, line, &why), 0);
	words = argv_fill(&a, "g", key(k));
	assert_non_null(words);
	for (; want[n]; n++) {
		assert_non_null(words[n]);
		assert_string_equal(words[n], want[n]);
	}
	assert_null(words[n]);
	assert_int_equal(a.count, n);
	free(words);
	argv_release(&a);
}

#define CHECK(line, k, ...) \
	check(line, k, (const char *const[]){ __VA_ARGS__, NULL })

static void splits_at_blanks(void **state)
{
	(void)state;
	CHECK("a", "", "a");
	CHECK("  a \t b\n c  ", "", "a", "b", "c");
	CHECK("a\\\n b", "", "a", "b");
	CHECK("a \\\n b", "", "a", "b");
	CHECK("ab\\\ncd", "", "abcd");
}

static void honours_quotes(void **state)
{
	(void)state;
	CHECK("a 'b c' \"d e\" f\\ g", "", "a", "b c", "d e", "f g");
	CHECK("a'b'\"c\"d", "", "abcd");
	CHECK("a '' \"\" b", "", "a", "", "", "b");
	CHECK("a 'b\\c' \"\\$ \\` \\\" \\\\ \\x\"", "", "a", "b\\c",
	      "$ ` \" \\ \\x");
	CHECK("a \"b\\\nc\" '\"' \"'\"", "", "a", "bc", "\"", "'");
}

static void expands_nothing(void **state)
{
	(void)state;
	CHECK("echo $HOME `id` * ; a|b >c # d", "", "echo", "$HOME", "`id`",
	      "*", ";", "a|b", ">c", "#", "d");
}

static void refuses_broken_lines(void **state)
{
	static const char *const lines[] = { "",     "  \n", "'a",       "\"a",
		                             "a \\", "a '",  "a \"\\\"", "'' a",
		                             "\"\"", "\\\n" };
	struct reason why;
	struct argv a;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		why.text[0] = '\0';
		assert_int_equal(argv_split(&a, lines[i], &why), -EINVAL);
		assert_true(why.text[0]);
		assert_null(a.words);
		argv_release(&a);
	}
}

static void fills_inside_words(void **state)
{
	(void)state;
	CHECK("x {key}", "a b;'\"$(id)", "x", "a b;'\"$(id)");
	CHECK("x -k={key},{group}. '{key}'", "K", "x", "-k=K,g.", "K");
	CHECK("x {key}{key}", "ab", "x", "abab");
	CHECK("x {key}", "", "x", "");
	CHECK("x {key}", "{group} {key}", "x", "{group} {key}");
	CHECK("{key} x", "prog", "prog", "x");
}

static void leaves_other_braces(void **state)
{
	(void)state;
	CHECK("awk '{print $1}' {} {keys} {+key} {Key}", "K", "awk",
	      "{print $1}", "{}", "{keys}", "{+key}", "{Key}");
	CHECK("x {{key}} {{group}} {{key} {{ }}", "K", "x", "{key}", "{group}",
	      "{K", "{{", "}}");
	CHECK("x {\"k\":\\\"{key}\\\"}", "K", "x", "{k:\"K\"}");
}

static void refuses_nul_where_used(void **state)
{
	struct argv a;
	char **words;

	(void)state;
	assert_int_equal(argv_split(&a, "x {key}", NULL), 0);
	errno = 0;
	assert_null(argv_fill(&a, "g", key_of("a\0b", 3)));
	assert_int_equal(errno, EINVAL);
	argv_release(&a);

	assert_int_equal(argv_split(&a, "x {{key}}", NULL), 0);
	words = argv_fill(&a, "g", key_of("a\0b", 3));
	assert_non_null(words);
	assert_string_equal(words[1], "{key}");
	free(words);
	argv_release(&a);
}

static void takes_the_longest_key(void **state)
{
	char *big = malloc(KEY_MAX);
	struct argv a;
	char **words;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', KEY_MAX);
	assert_int_equal(argv_split(&a, "p a{key}b", NULL), 0);
	words = argv_fill(&a, "g", key_of(big, KEY_MAX));
	assert_non_null(words);
	assert_int_equal(strlen(words[1]), KEY_MAX + 2);
	free(words);
	argv_release(&a);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_at_blanks),
		cmocka_unit_test(honours_quotes),
		cmocka_unit_test(expands_nothing),
		cmocka_unit_test(refuses_broken_lines),
		cmocka_unit_test(fills_inside_words),
		cmocka_unit_test(leaves_other_braces),
		cmocka_unit_test(refuses_nul_where_used),
		cmocka_unit_test(takes_the_longest_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
