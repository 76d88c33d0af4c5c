/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/redis/name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void check_bytes(const char *template, struct key key, const char *want,
                        size_t len)
{
	struct reason why = { "" };
	struct buf name;

	if (rediskey_check(template, &why))
		fail_msg("%s: %s", template, why.text);
	buf_init(&name, 1000);
	assert_int_equal(rediskey_expand(template, "g", key, &name), 0);
	assert_int_equal(name.len, len);
	if (len)
		assert_memory_equal(name.data, want, len);
	buf_release(&name);
}

static void check(const char *template, const char *want)
{
	check_bytes(template, key_of("k", 1), want, strlen(want));
}

static void expands(void **state)
{
	(void)state;
	check("{key}", "k");
	check("prefix:{key}", "prefix:k");
	check("{group}/{key}{key}:x", "g/kk:x");
	check("{{{key}}}:cart", "{k}:cart");
	check("{{key}}{key}", "{key}k");
	check("}}{{{key}", "}{k");
	check("%s%2F{key}", "%s%2Fk");
	check_bytes("a{key}b", key_of("\0{group}\n", 9), "a\0{group}\nb", 11);
	check_bytes("{key}", key_of("", 0), "", 0);
	check_bytes("{key}", key_of(NULL, 0), "", 0);
}

static void refuses(void **state)
{
	static const char *const templates[] = {
		"",       "x",       "{group}",  "{{key}}", "{key",
		"key}",   "{kye}",   "{key}}",   "{key}{",  "{}{key}",
		"{+key}", "{ key }", "{{{key}}", "{KEY}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(templates) / sizeof(*templates); i++) {
		struct reason why = { "" };

		if (rediskey_check(templates[i], &why) != -EINVAL)
			fail_msg("'%s' is taken", templates[i]);
		assert_true(why.text[0] != '\0');
	}
}

static void has_a_maximum(void **state)
{
	struct buf name;

	(void)state;
	buf_init(&name, 4);
	assert_int_equal(
	        rediskey_expand("{key}:{key}", "g", key_of("ab", 2), &name),
	        -EFBIG);
	buf_release(&name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands),
		cmocka_unit_test(refuses),
		cmocka_unit_test(has_a_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
