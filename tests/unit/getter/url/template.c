/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/template.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Expands with group g; the error, and the URL when there is none. */
static int expand(const char *text, struct key key, struct buf *url)
{
	struct reason why = { "" };
	struct template *t;
	int err = template_create(&t, text, &why);

	if (err)
		fail_msg("%s", why.text);
	err = template_expand(t, "g", key, url);
	template_destroy(t);
	return err;
}

static void check_bytes(const char *text, const char *key, size_t len,
                        const char *want)
{
	struct buf url;

	buf_init(&url, 1000);
	assert_int_equal(expand(text, key_of(key, len), &url), 0);
	assert_string_equal(url.data, want);
	assert_int_equal(url.len, strlen(want));
	buf_release(&url);
}

static void check(const char *text, const char *key, const char *want)
{
	check_bytes(text, key, strlen(key), want);
}

static void encodes(void **state)
{
	(void)state;
	check("http://h/{key}", "aZ09-._~", "http://h/aZ09-._~");
	check("http://h/{key}", "a/b c?d#e%41+&",
	      "http://h/a%2Fb%20c%3Fd%23e"
	      "%2541%2B%26");
	check("http://h/{key}", "\xc3\xa9", "http://h/%C3%A9");
	check_bytes("http://h/{key}", "a\0b\r\n", 5, "http://h/a%00b%0D%0A");
	check("HTTP://h?k={key}&g={group}", "k", "HTTP://h?k=k&g=g");
	check("http://h/{key}", "", "http://h/");
	check("http://h/x{key}y{key}z", "k", "http://h/xkykz");
}

static void keeps_reserved(void **state)
{
	(void)state;
	check("http://h/{+key}",
	      "a/b:?#[]@!$&'()*+,;=", "http://h/a/b:?%23[]@!$&'()*+,;=");
	check("http://h/{+key}", "%41%zz%4", "http://h/%41%25zz%254");
	check("http://h/{+key}", "a b\"<>\\^`{|}",
	      "http://h/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D");
	check_bytes("http://h/{+key}", "a\0%4", 4, "http://h/a%00%254");
	check("http://u:p@h:8/{group}/{+key}", "//x", "http://u:p@h:8/g///x");
}

static void refuses_templates(void **state)
{
	static const char *const texts[] = {
		"",
		"h/{key}",
		"://h/{key}",
		"http:/h/{key}",
		"ht{key}tp://h/",
		"{key}://h/",
		"http://{key}/",
		"http://h{key}",
		"http://{key}@h/",
		"http://h:{key}/",
		"http://{group}/{key}",
		"http:///{key}",
		"http://h/",
		"http://h/{group}",
		"http://h/{keys}",
		"http://h/{key",
		"http://h/{key}}",
		"http://h/{key*}",
		"http://h/{key:3}",
		"http://h/{?key}",
		"http://h/{/key}",
		"http://h/{}{key}",
		"http://h/a b{key}",
		"http://h/\n{key}",
		"http://h/%zz{key}",
		"http://h/{key}%4",
		"http://h/../{key}",
		"http://h/%2e./{key}",
		"http://h/{key}/.",
		"file://other/{key}",
		"file:///a%2F..%2F{key}",
		"averyveryverylongscheme://h/{key}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct reason why = { "" };
		struct template *t;

		if (template_create(&t, texts[i], &why) != -EINVAL)
			fail_msg("accepted %s", texts[i]);
		assert_true(why.text[0]);
		assert_null(t);
	}
}

static void check_leaves(const char *text, const char *key, int want)
{
	struct buf url;

	buf_init(&url, 1000);
	if (expand(text, key_of(key, strlen(key)), &url) != want)
		fail_msg("%s with %s is not %d", text, key, want);
	buf_release(&url);
}

static void confines_keys(void **state)
{
	static const char *const out[] = { ".",      "..",       "../x",
		                           "a/../b", "a/..",     "./a",
		                           "%2e%2E", "a/.%2e/b", "..?x",
		                           "../#x",  "..;x/y",   "a/./b" };
	static const char *const in[] = { "...",  "a..b",  ".a",
		                          "a.",   "a?..",  "a#..",
		                          "a;..", "..a/b", "%2e%2e%2e" };

	(void)state;
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		check_leaves("http://h/d/{+key}", out[i], -ENOENT);
		check_leaves("file:///d/{+key}", out[i], -ENOENT);
		check_leaves("sftp://h/d/{+key}", out[i], -ENOENT);
	}
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		check_leaves("http://h/d/{+key}", in[i], 0);

	check_leaves("http://h/{key}", "..", -ENOENT);
	check_leaves("http://h/.{key}", ".", -ENOENT);
	check_leaves("http://h/.{key}", "a", 0);
	check_leaves("http://h/?k={+key}", "../..", 0);
	/* Encoded slashes stay inside a segment, unless somebody decodes. */
	check_leaves("http://h/{key}", "../x", 0);
	check_leaves("file:///d/{key}", "../x", -ENOENT);
	check_leaves("ftp://h/d/{key}", "a/../x", -ENOENT);
	check_leaves("file:///d/{+key}", "a%2F..%2f..", -ENOENT);
	check_leaves("sftp://h/d/{key}", "..\\x", -ENOENT);
	check_leaves("file:///d/{key}", "a/b", 0);
	check_leaves("file://LocalHost/d/{key}", "a", 0);
}

static void obeys_the_maximum(void **state)
{
	struct buf url;

	(void)state;
	buf_init(&url, 12);
	assert_int_equal(expand("http://h/{key}", key_of("ab", 2), &url), 0);
	buf_release(&url);
	assert_int_equal(expand("http://h/{key}", key_of("abc", 3), &url),
	                 -EFBIG);
	buf_release(&url);
}

static void tells_the_scheme(void **state)
{
	struct template *t;

	(void)state;
	assert_int_equal(template_create(&t, "HttpS://h/{key}", NULL), 0);
	assert_string_equal(template_scheme(t), "https");
	template_destroy(t);
	template_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes),
		cmocka_unit_test(keeps_reserved),
		cmocka_unit_test(refuses_templates),
		cmocka_unit_test(confines_keys),
		cmocka_unit_test(obeys_the_maximum),
		cmocka_unit_test(tells_the_scheme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
