/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/redis/url.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct redisurl parse(const char *text)
{
	struct reason why = { "" };
	struct redisurl url;

	if (redisurl_parse(&url, text, &why))
		fail_msg("%s: %s", text, why.text);
	return url;
}

static void check_text(const char *have, const char *want)
{
	if (want)
		assert_string_equal(have, want);
	else
		assert_null(have);
}

static void check_server(const char *text, const char *host, unsigned int port,
                         unsigned int db)
{
	struct redisurl url = parse(text);

	check_text(url.host, host);
	assert_null(url.path);
	assert_int_equal(url.port, port);
	assert_int_equal(url.db, db);
	redisurl_release(&url);
}

static void check_user(const char *text, const char *user, const char *password)
{
	struct redisurl url = parse(text);

	check_text(url.user, user);
	check_text(url.password, password);
	assert_null(strstr(url.label, "secret"));
	redisurl_release(&url);
}

static void check_socket(const char *text, const char *path, unsigned int db)
{
	struct redisurl url = parse(text);

	check_text(url.path, path);
	assert_null(url.host);
	assert_false(url.secure);
	assert_int_equal(url.db, db);
	redisurl_release(&url);
}

static void servers(void **state)
{
	struct redisurl url;

	(void)state;
	check_server("redis://h", "h", 6379, 0);
	check_server("redis://h/", "h", 6379, 0);
	check_server("redis://cache.example.org:1/15", "cache.example.org", 1,
	             15);
	check_server("REDIS://127.0.0.1:65535/0", "127.0.0.1", 65535, 0);
	check_server("redis://[::1]:7/2", "[::1]", 7, 2);
	check_server("redis://[fe80::1%25eth0]/2", "[fe80::1%25eth0]", 6379, 2);
	check_server("redis://u:p@h:7", "h", 7, 0);
	url = parse("rediss://h");
	assert_true(url.secure);
	assert_string_equal(url.label, "rediss://h:6379");
	redisurl_release(&url);
	url = parse("redis://h");
	assert_false(url.secure);
	redisurl_release(&url);
}

static void users(void **state)
{
	(void)state;
	check_user("redis://h", NULL, NULL);
	check_user("redis://joe@h", "joe", NULL);
	check_user("redis://:secret@h", "", "secret");
	check_user("redis://joe:secret@h", "joe", "secret");
	check_user("redis://joe:@h", "joe", "");
	check_user("redis://j%6fe%3a:%73ecret%40%2f%c3%a4@h",
	           "joe:", "secret@/\xc3\xa4");
	check_user("redis://joe:a:secret@h", "joe", "a:secret");
	check_user("unix://joe:secret@/s", "joe", "secret");
}

static void sockets(void **state)
{
	(void)state;
	check_socket("unix:///run/redis.sock", "/run/redis.sock", 0);
	check_socket("unix:///run/redis.sock?db=3", "/run/redis.sock", 3);
	check_socket("unix:///a%20b/%3f/../c", "/a b/?/../c", 0);
	check_socket("unix://:x@/s?db=0", "/s", 0);
	check_socket("redis+unix:///run/redis.sock?db=3", "/run/redis.sock", 3);
	check_socket("Redis+Unix://u:x@/s", "/s", 0);
	check_socket("unix:/run/redis.sock?db=1", "/run/redis.sock", 1);
}

static void refuses(void **state)
{
	static const char *const texts[] = {
		"",
		"h",
		"redis",
		"redis:h",
		"redis:/h",
		"redis://",
		"redis:///0",
		"redis://?db=1",
		"redis://#",
		"redis://:secret@",
		"redis://:secret@/0",
		"redis://h:0",
		"redis://h:65536",
		"redis://h:x",
		"redis://h:secret/x@h",
		"redis://h/x",
		"redis://h/-1",
		"redis://h/1/",
		"redis://h/1/2",
		"redis://h//",
		"redis://h/99999999999",
		"redis://h/0?db=1",
		"redis://h/0#x",
		"redis://a b",
		"redis://a%20b",
		"redis://h{key}/0",
		"redis://a:%00secret@h",
		"redis://a:secret%0a@h",
		"redis://a,b",
		"redis://h1:1,h2:2/0",
		"redis://[::1",
		"redis://[secret]",
		"http://h",
		"redis-socket:///s",
		"redis+unix://s",
		"redis+unix:/s",
		"redis+unixs:///s",
		"unix:",
		"unix:s",
		"unix://",
		"unix://s",
		"unix://host/s",
		"unix://:secret@h/s",
		"unix://:secret@",
		"unix:///s?x=1",
		"unix:///s?db=",
		"unix:///s?db=x",
		"unix:///s?db=1&x=2",
		"unix:///s#x",
		"unix:///%00",
	};
	char text[400] = "unix:///";
	struct redisurl url;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct reason why = { "" };
		int err = redisurl_parse(&url, texts[i], &why);

		if (err != -EINVAL)
			fail_msg("'%s' is %d", texts[i], err);
		assert_true(why.text[0] != '\0');
		assert_null(strstr(why.text, "secret"));
	}
	/* As long as a socket's path may be, and one more. */
	memset(text + 8, 'x', 106);
	check_socket(text, text + 7, 0);
	text[8 + 106] = 'x';
	assert_int_equal(redisurl_parse(&url, text, NULL), -EINVAL);
	memset(text, 'x', 300);
	memcpy(text, "redis://", 8);
	assert_int_equal(redisurl_parse(&url, text, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers),
		cmocka_unit_test(users),
		cmocka_unit_test(sockets),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
