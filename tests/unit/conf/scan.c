/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/scan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static char name[] = "t.conf", dir[] = "/";
static const struct conffile file = { .name = name, .dir = dir };

static int setup(void **state)
{
	(void)state;
	setenv("DREAMFS_TEST_SET", "a \"b\" ${c} \\", 1);
	setenv("DREAMFS_TEST_EMPTY", "", 1);
	return unsetenv("DREAMFS_TEST_NONE");
}

/* A scan of `text`; the bytes are to be freed. */
static char *begin(struct scan *s, const char *text, struct reason *why)
{
	size_t len = strlen(text);
	char *bytes = malloc(len + 1);

	assert_non_null(bytes);
	memcpy(bytes, text, len);
	scan_init(s, &file, bytes, len, why);
	return bytes;
}

static void test_texts(void **state)
{
	static const struct {
		const char *text, *value;
	} good[] = {
		{ "word next", "word" },
		{ " \t\n# c\n// c\n/* c\n */word}", "word" },
		{ "http://a:1/~b/%41_@.-,", "http://a:1/~b/%41_@.-" },
		{ "\xc3\xa9\xff=", "\xc3\xa9\xff" },
		{ "a//b/#c", "a//b/" },
		{ "''", "" },
		{ "\"\"x", "" },
		{ "\"a # // /* 'b' $ \t{\"", "a # // /* 'b' $ \t{" },
		{ "'a \"b\" \\'c\\' \\\\ \\n \\x41 ${NO}'",
		  "a \"b\" 'c' \\ \\n \\x41 ${NO}" },
		{ "'a\\\nb'", "ab" },
		{ "\"a\\\r\nb\"", "ab" },
		{ "\"\\n\\r\\b\\f\\a\\e\\t\\v\"", "\n\r\b\f\a\033\t\v" },
		{ "\"\\\"\\'\\\\\\$\\q\\\xc3\xa9\\\t\"", "\"'\\$q\xc3\xa9\t" },
		{ "\"\\1\\12x\\101\\377\"", "\1\nxA\377" },
		{ "\"\\x1\\x41\\x414\\xg\"", "\1AA4xg" },
		{ "\"<${DREAMFS_TEST_SET}>\"", "<a \"b\" ${c} \\>" },
		{ "\"<${DREAMFS_TEST_EMPTY}${DREAMFS_TEST_EMPTY:-x}>\"", "<>" },
		{ "\"${DREAMFS_TEST_NONE:-a\\n b:-}\\${x}\"", "a\\n b:-${x}" },
		{ "\"${DREAMFS_TEST_NONE:-}\"", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct reason why = { "" };
		struct scan s;
		char *bytes = begin(&s, good[i].text, &why);

		if (scan_text(&s) != 0)
			fail_msg("%s, for: %s", why.text, good[i].text);
		assert_string_equal(s.text.data, good[i].value);
		scan_release(&s);
		free(bytes);
	}
}

static void test_what_is_no_text(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "\n;", "t.conf:2: unexpected ';' (a value with it is "
		         "quoted)" },
		{ "\n/* ", "t.conf:2: '/*' without '*/'" },
		{ "\x7f", "t.conf:1: unexpected byte 0x7f" },
		{ "\n'a\\\n", "t.conf:2: ' is not closed on its line" },
		{ "\"a\\", "t.conf:1: \" is not closed on its line" },
		{ "'a\rb'", "t.conf:1: a control character, 0x0d, inside "
		            "quotes" },
		{ "\"\\\x01\"", "t.conf:1: a control character, 0x01, inside "
		                "quotes" },
		{ "\"\\400\"", "t.conf:1: invalid octal number '\\400'" },
		{ "\"\\08\"", "t.conf:1: invalid octal number '\\08'" },
		{ "\"\\1234\"", "t.conf:1: invalid octal number '\\1234'" },
		{ "\"\\000\"", "t.conf:1: a value cannot hold a NUL byte" },
		{ "\"\\x0g\"", "t.conf:1: a value cannot hold a NUL byte" },
		{ "\"${a\"}", "t.conf:1: '${a' is not ${NAME} or "
		              "${NAME:-default} (a plain '$' is '\\$')" },
		{ "\"${:-a}\"", "t.conf:1: '${:-a}' is not ${NAME} or "
		                "${NAME:-default} (a plain '$' is '\\$')" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct reason why = { "" };
		struct scan s;
		char *bytes = begin(&s, bad[i].text, &why);

		assert_int_equal(scan_text(&s), -EINVAL);
		assert_string_equal(why.text, bad[i].message);
		scan_release(&s);
		free(bytes);
	}
}

static void test_lines_are_counted(void **state)
{
	struct reason why = { "" };
	struct scan s;
	char *bytes = begin(&s, "\xef\xbb\xbf# 1\r\n/* 2\r\n3 */ a {", &why);

	(void)state;
	assert_int_equal(scan_text(&s), 0);
	assert_string_equal(s.text.data, "a");
	assert_int_equal(s.at.line, 3);
	assert_int_equal(scan_mark(&s, '=', "a"), -EINVAL);
	assert_string_equal(why.text, "t.conf:3: a: missing '='");
	assert_int_equal(scan_mark(&s, '{', "a"), 0);
	s.opened = 2;
	assert_int_equal(scan_mark(&s, '}', "a"), -EINVAL);
	assert_string_equal(why.text, "t.conf:2: '{' is never closed");
	scan_release(&s);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_what_is_no_text),
		cmocka_unit_test(test_lines_are_counted),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
