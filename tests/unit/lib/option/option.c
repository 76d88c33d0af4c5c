/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* A table as its owner writes it; the kinds of values are in
 * tests/unit/conf/conf.c, too. */
#include "lib/option/option.h"

#include "lib/option/type.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct door {
	char *colour, *key;
	int width;
	bool open;
	int64_t patience_ms;
	uint64_t weight;
	struct option_list names;
};

static const struct option_def table[] = {
	OPTION("colour", &option_text, struct door, colour,
	       .fallback = "green"),
	OPTION("key", &option_path, struct door, key, .example = "/key"),
	OPTION("width", OPTION_NUMBER(1, 400), struct door, width,
	       .fallback = "90"),
	OPTION("open", &option_flag, struct door, open,
	       .about = "from outside"),
	OPTION("patience", &option_wait, struct door, patience_ms,
	       .fallback = "2s"),
	OPTION("weight", &option_size, struct door, weight, .fallback = "1K"),
	OPTION("names", &option_texts, struct door, names,
	       .about = "on the bell"),
	{ 0 },
};

static int set(struct door *door, const char *name, const char *value,
               struct reason *why)
{
	char *values[] = { (char *)value };
	const struct option_words words = { values, 1, "/dir" };

	return option_store(option_find(table, name), door, &words, why);
}

static void check_printed(const struct door *door, const char *name,
                          const char *want)
{
	char text[128] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	assert_true(option_said(option_find(table, name), door));
	option_print(option_find(table, name), door, out);
	fclose(out);
	assert_string_equal(text, want);
}

static void begins_with_the_defaults(void **state)
{
	struct door door = { 0 };

	(void)state;
	assert_int_equal(options_init(table, &door), 0);
	assert_string_equal(door.colour, "green");
	assert_int_equal(door.width, 90);
	assert_int_equal(door.patience_ms, 2000);
	assert_int_equal(door.weight, 1024);
	assert_null(door.key);
	assert_false(option_said(option_find(table, "key"), &door));
	assert_false(option_said(option_find(table, "names"), &door));
	check_printed(&door, "open", "no");
	options_release(table, &door);
	assert_null(door.colour);
	assert_int_equal(door.width, 0);
	assert_null(option_find(table, "colou"));
	assert_null(option_find(table, "colours"));
}

static void replaces_what_was_there(void **state)
{
	struct door door = { 0 };
	struct reason why;

	(void)state;
	assert_int_equal(options_init(table, &door), 0);
	assert_int_equal(set(&door, "colour", "dark red", &why), 0);
	check_printed(&door, "colour", "\"dark red\"");
	assert_int_equal(set(&door, "key", "./k", &why), 0);
	check_printed(&door, "key", "\"/dir/k\"");
	assert_int_equal(set(&door, "names", "a", &why), 0);
	assert_int_equal(set(&door, "names", "b", &why), 0);
	check_printed(&door, "names", "{ \"b\" }");
	assert_int_equal(set(&door, "width", "400", &why), 0);
	assert_int_equal(set(&door, "width", "0", &why), -EINVAL);
	assert_string_equal(why.text, "'0' is not a number from 1 to 400");
	assert_int_equal(set(&door, "colour", "", &why), -EINVAL);
	assert_null(door.colour);
	options_release(table, &door);
}

static void compares(void **state)
{
	static const char *const said[][2] = {
		{ "colour", "red" }, { "key", "/k" },      { "width", "9" },
		{ "open", "yes" },   { "patience", "1h" }, { "weight", "2" },
		{ "names", "a" },
	};
	struct door a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(options_init(table, &a), 0);
	assert_int_equal(options_init(table, &b), 0);
	assert_true(options_equal(table, &a, &b));
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		assert_int_equal(set(&a, said[i][0], said[i][1], NULL), 0);
		assert_false(options_equal(table, &a, &b));
		assert_int_equal(set(&b, said[i][0], said[i][1], NULL), 0);
		assert_true(options_equal(table, &a, &b));
	}
	options_release(table, &a);
	options_release(table, &b);
}

static void hides_secrets(void **state)
{
	char *url = (char *)"http://me:secret@h/", *bare = (char *)"me:x@h:1";
	char *lines[] = { (char *)"Accept: x", (char *)"Cookie: secret" };
	const struct option_list headers = { lines, 2 };
	char text[128] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(out);
	option_url.print(&url, out);
	option_url.print(&bare, out);
	option_headers.print(&headers, out);
	fclose(out);
	assert_string_equal(text, "\"http://me:***@h/\"\"me:***@h:1\""
	                          "{ \"Accept: x\", \"Cookie: ***\" }");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_the_defaults),
		cmocka_unit_test(replaces_what_was_there),
		cmocka_unit_test(compares),
		cmocka_unit_test(hides_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
