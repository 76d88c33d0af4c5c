/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/secret.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void check_hidden(const char *text, const char *want)
{
	char *got = secret_hide(text);

	assert_non_null(got);
	assert_string_equal(got, want);
	assert_int_equal(secret_is_in(text), strcmp(text, want) != 0);
	free(got);
}

static void passwords_of_urls_are_hidden(void **state)
{
	static const char *const pairs[][2] = {
		{ "https://user:secret@host/{key}",
		  "https://user:***@host/{key}" },
		{ "redis://:secret@host:6379/0", "redis://:***@host:6379/0" },
		{ "http://u:a@b:c@host/", "http://u:***@host/" },
		{ "http://u:x@h/ and http://v:y@i/",
		  "http://u:***@h/ and http://v:***@i/" },
		{ "http://u:pa/ss@host/", "http://u:***@host/" },
		{ "http://u:p?#@host/", "http://u:***@host/" },
		{ "http://u:p \"'x@host/", "http://u:***@host/" },
		{ "http://u:12/3@host", "http://u:12/3@host" },
		{ "://:x@", "://:***@" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		check_hidden(pairs[i][0], pairs[i][1]);
}

static void what_has_none_is_left_alone(void **state)
{
	static const char *const texts[] = {
		"",
		"lookup {key}",
		"https://host/{key}",
		"https://host:8080/{key}@x",
		"https://user@host/{key}",
		"https://user:@host/{key}",
		"https://[::1]:80/a@b:c",
		"https://[fe80::1]/a@b",
		"https://host/a:b@c",
		"https://host?a:b@c",
		"://",
		"a://b://c",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_hidden(texts[i], texts[i]);
}

static void headers_show_their_names(void **state)
{
	static const char *const secret[][2] = {
		{ "Authorization: Bearer x", "Authorization: " },
		{ "X-API-Key:x", "X-API-Key:" },
		{ "x-amz-security-token: x", "x-amz-security-token: " },
		{ "Cookie: a=b", "Cookie: " },
		{ "Cookie:", "Cookie:" },
		{ "Accept: token", "Accept: token" },
		{ "Host: a", "Host: a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		assert_int_equal(secret_header_shown(secret[i][0]),
		                 strlen(secret[i][1]));
}

static const char path[] = "secret";

static void file_write(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static void check_read(const char *text, int err, const char *want)
{
	struct reason why = { "" };
	struct buf out;

	if (text)
		file_write(text);
	buf_init(&out, 1);
	assert_int_equal(secret_read(&out, path, -1, &why), err);
	if (err)
		assert_non_null(strstr(why.text, want));
	else
		assert_string_equal(out.data, want);
	if (text && *text)
		assert_null(strstr(why.text, text));
	secret_release(&out);
}

static void a_file_holds_one(void **state)
{
	char *large = malloc(SECRET_FILE_MAX + 2);

	(void)state;
	assert_non_null(large);
	check_read("abc", 0, "abc");
	check_read("abc\n", 0, "abc");
	check_read(" \t\nabc d\xc3\xa9 \r\n", 0, "abc d\xc3\xa9");
	check_read("", -EINVAL, "'secret' is empty");
	check_read(" \n \n", -EINVAL, "'secret' is empty");
	check_read("a\nb\n", -EINVAL, "more than one line");
	check_read("a\x1b[31mb", -EINVAL, "a control character");
	memset(large, 'a', SECRET_FILE_MAX + 1);
	large[SECRET_FILE_MAX + 1] = '\0';
	check_read(large, -EINVAL, "larger than");
	large[SECRET_FILE_MAX] = '\0';
	check_read(large, 0, large);
	free(large);
	assert_int_equal(unlink(path), 0);
	check_read(NULL, -ENOENT, "cannot open 'secret'");
	assert_int_equal(mkfifo(path, 0600), 0);
	check_read(NULL, -EIO, "not a regular file");
	assert_int_equal(unlink(path), 0);
}

static char home[] = "/tmp/dreamfs-secret-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(home) && chdir(home) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return chdir("/") == 0 ? rmdir(home) : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords_of_urls_are_hidden),
		cmocka_unit_test(what_has_none_is_left_alone),
		cmocka_unit_test(headers_show_their_names),
		cmocka_unit_test(a_file_holds_one),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
