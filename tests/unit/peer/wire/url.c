/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/wire/url.h"
#include "vectors.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define PATH_ROOM 8192

static void assert_key(struct key key, const char *bytes, size_t len)
{
	assert_int_equal(key.len, len);
	assert_memory_equal(key.data, bytes, len);
}

static int parse(struct peerurl *u, const char *path, char *room)
{
	return peerurl_parse(u, "", path, strlen(path), room);
}

/* A Go string literal without its quotes, in place; its length. */
static size_t unquote(char *text)
{
	size_t n = 0, len = strlen(text);

	assert_true(len >= 2 && text[0] == '"' && text[len - 1] == '"');
	for (size_t i = 1; i < len - 1; i++) {
		if (text[i] == '\\' && text[i + 1] == 'x') {
			char digits[3] = { text[i + 2], text[i + 3], '\0' };

			text[n++] = (char)strtoul(digits, NULL, 16);
			i += 3;
		} else {
			assert_int_not_equal(text[i], '\\');
			text[n++] = text[i];
		}
	}
	text[n] = '\0';
	return n;
}

/* One line of go-groupcache-http-escaping.tsv. */
static void check_request(char *const *field)
{
	bool go_answers = strcmp(field[4], "301") != 0;
	size_t group_len = unquote(field[1]), len = unquote(field[2]);
	char room[PATH_ROOM], *key = field[2];
	struct peerurl u;

	if (strcmp(field[4], "400") == 0) {
		assert_int_equal(parse(&u, field[3], room), -EINVAL);
		return;
	}
	/* the one ambiguity: a raw plus is a space, whoever wrote it */
	if (strcmp(field[0], "bare+PathEscape") == 0)
		for (char *c = key; *c; c++)
			*c = *c == '+' ? ' ' : *c;
	assert_int_equal(parse(&u, field[3], room), 0);
	assert_int_equal(u.kind, PEERURL_KEY);
	assert_ptr_equal(u.dialect, &dialect_groupcache);
	/* what the client meant, not what Go's server understood */
	assert_key(u.group, field[1], group_len);
	assert_key(u.key, key, len);
	if (strcmp(field[0], "mux") == 0)
		assert_int_equal(peerurl_go_answers(&dialect_groupcache,
		                                    field[1], key_of(key, len)),
		                 go_answers);
}

static void groupcache_recorded(void **state)
{
	struct vector v;

	(void)state;
	vector_open(&v, "go-groupcache-http-escaping.tsv");
	while (vector_next(&v))
		check_request(v.field);
	assert_int_equal(v.rows, 69);
}

/* Our spelling of a key: QueryEscape's but for the space. */
static void our_spelling(const char *query_escaped, char *out)
{
	for (; *query_escaped; query_escaped++) {
		if (*query_escaped == '+') {
			memcpy(out, "%20", 3);
			out += 3;
		} else {
			*out++ = *query_escaped;
		}
	}
	*out = '\0';
}

static void keys_recorded(void **state)
{
	char path[PATH_ROOM], expected[PATH_ROOM], room[PATH_ROOM];
	struct peerurl u;
	struct vector v;
	struct buf b;

	(void)state;
	vector_open(&v, "keys.tsv");
	buf_init(&b, PATH_ROOM);
	while (vector_next(&v)) {
		size_t len = unhex(v.field[2]);

		snprintf(path, sizeof(path), "/_groupcache/g/%s", v.field[3]);
		assert_int_equal(parse(&u, path, room), 0);
		assert_key(u.key, v.field[2], len);

		memcpy(expected, "/_groupcache/g/", 15);
		our_spelling(v.field[3], expected + 15);
		b.len = 0;
		assert_int_equal(peerurl_format(&b, &dialect_groupcache, "g",
		                                key_of(v.field[2], len)),
		                 0);
		assert_key(key_of(b.data, b.len), expected, strlen(expected));
	}
	assert_int_equal(v.rows, 30);
	buf_release(&b);
}

static void encodes_every_byte(void **state)
{
	char bytes[256], room[PATH_ROOM];
	struct peerurl u;
	struct buf b;

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (char)i;
	for (size_t d = 0; dialect_table[d]; d++) {
		buf_init(&b, PATH_ROOM);
		assert_int_equal(peerurl_format(&b, dialect_table[d],
		                                "a b+c/d%\xff",
		                                key_of(bytes, 256)),
		                 0);
		for (size_t i = strlen(dialect_table[d]->base); i < b.len; i++)
			assert_true(isalnum((unsigned char)b.data[i]) ||
			            strchr("%/._~-", b.data[i]));
		assert_int_equal(peerurl_parse(&u, "", b.data, b.len, room), 0);
		assert_ptr_equal(u.dialect, dialect_table[d]);
		assert_key(u.group, "a b+c/d%\xff", 9);
		assert_key(u.key, bytes, 256);
		buf_release(&b);
	}
	buf_init(&b, 20);
	assert_int_equal(
	        peerurl_format(&b, &dialect_groupcache, "g", key_of("//", 2)),
	        -EFBIG);
	buf_release(&b);
}

/* DREAMEMO's own answers: 400 is our -EINVAL or -ENOENT, but no group is
 * found out later and an encoded slash we serve. */
static void dreamemo_recorded(void **state)
{
	FILE *f = fopen("tests/vectors/dreamemo-live-http.txt", "r");
	char line[1024], path[256] = "", room[256];
	int status, requests = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct peerurl u;
		bool ours;

		sscanf(line, "GET %255s", path);
		if (sscanf(line, "   HTTP/1.1 %d", &status) != 1)
			continue;
		requests++;
		ours = strstr(path, "%2F") || strstr(path, "/nope/");
		assert_int_equal(parse(&u, path, room) == 0,
		                 ours || status != 400);
		if (strstr(path, "_heartbeat_"))
			assert_int_equal(u.kind, PEERURL_HEARTBEAT);
		else if (ours || status != 400)
			assert_int_equal(u.kind, PEERURL_KEY);
	}
	fclose(f);
	assert_int_equal(requests, 26);
}

static void paths(void **state)
{
	static const struct {
		const char *path;
		int err;
		const char *group, *key;
	} cases[] = {
		{ "", -ENOENT, NULL, NULL },
		{ "/", -ENOENT, NULL, NULL },
		{ "/other", -ENOENT, NULL, NULL },
		{ "/_groupcache", -ENOENT, NULL, NULL },
		{ "/_groupcache/", -EINVAL, NULL, NULL },
		{ "/_groupcache//", 0, "", "" },
		{ "/_groupcache/g/a/b/", 0, "g", "a/b/" },
		{ "/_groupcache/g//a", 0, "g", "/a" },
		{ "/_groupcache/g/k?x=/_heartbeat_/hello", 0, "g", "k" },
		{ "/_groupcache/g?/k", -EINVAL, NULL, NULL },
		{ "/_groupcache/g/%", -EINVAL, NULL, NULL },
		{ "/_groupcache/g/%4", -EINVAL, NULL, NULL },
		{ "/_groupcache/g/%4g", -EINVAL, NULL, NULL },
		{ "/_groupcache/%zz/k", -EINVAL, NULL, NULL },
		{ "/_groupcache/g/%2b%2B+", 0, "g", "++ " },
		{ "/_groupcache/_heartbeat_/hello", 0, "_heartbeat_", "hello" },
		{ "/_dreamemo/g/x%2F_heartbeat_%2Fhello", 0, "g",
		  "x/_heartbeat_/hello" },
		{ "/_dreamemo/g/a%2Fb", 0, "g", "a/b" },
		{ "/_dreamemo/g/trail%2F", 0, "g", "trail/" },
		{ "/_dreamemo/g/ping/", 0, "g", "ping" },
		{ "/_dreamemo/my+g/a+b", 0, "my g", "a b" },
		{ "/_dreamemo/g/ping//", -EINVAL, NULL, NULL },
		{ "/_dreamemo/g/a/b", -EINVAL, NULL, NULL },
		{ "/_dreamemo/g/", -EINVAL, NULL, NULL },
		{ "/_dreamemo/g", -EINVAL, NULL, NULL },
	};
	char room[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct peerurl u;

		assert_int_equal(parse(&u, cases[i].path, room), cases[i].err);
		if (cases[i].err)
			continue;
		assert_int_equal(u.kind, PEERURL_KEY);
		assert_key(u.group, cases[i].group, strlen(cases[i].group));
		assert_key(u.key, cases[i].key, strlen(cases[i].key));
	}
}

static void prefixes(void **state)
{
	static const struct {
		const char *prefix, *path;
		int err;
	} cases[] = {
		{ "/pre", "/pre/_groupcache/g/k", 0 },
		{ "/pre", "/_groupcache/g/k", 0 },
		{ "/", "//_groupcache/g/k", 0 },
		{ "/", "/_groupcache/g/k", 0 },
		{ "", "/pre/_groupcache/g/k", -ENOENT },
		{ "/pre", "/pre", -ENOENT },
		{ "/pre", "/pr", -ENOENT },
	};
	char room[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct peerurl u;

		assert_int_equal(peerurl_parse(&u, cases[i].prefix,
		                               cases[i].path,
		                               strlen(cases[i].path), room),
		                 cases[i].err);
		if (!cases[i].err)
			assert_key(u.key, "k", 1);
	}
}

static void longest_key(void **state)
{
	const size_t base = strlen("/_groupcache/g/");
	char *path = malloc(base + KEY_MAX + 1);
	char *room = malloc(base + KEY_MAX + 1);
	struct peerurl u;

	(void)state;
	memset(path, 'k', base + KEY_MAX + 1);
	memcpy(path, "/_groupcache/g/", base);
	assert_int_equal(peerurl_parse(&u, "", path, base + KEY_MAX, room), 0);
	assert_int_equal(u.key.len, KEY_MAX);
	assert_int_equal(peerurl_parse(&u, "", path, base + KEY_MAX + 1, room),
	                 -ENAMETOOLONG);
	free(path);
	free(room);
}

static void what_go_answers(void **state)
{
	static const struct {
		const char *key;
		bool groupcache, dreamemo;
	} cases[] = {
		{ "", true, false },        { "a", true, true },
		{ "a/b", true, false },     { "a//b", false, false },
		{ "a/", true, false },      { "a//", false, false },
		{ "/", false, false },      { "/a", false, false },
		{ ".", false, true },       { "..", false, true },
		{ "...", true, true },      { ".a", true, true },
		{ "a/.", false, false },    { "a/..", false, false },
		{ "./a", false, false },    { "a/./b", false, false },
		{ "a/../b", false, false }, { "a/.../b", true, false },
		{ "a..", true, true },      { "hello", true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct key k = key_of(cases[i].key, strlen(cases[i].key));

		assert_int_equal(
		        peerurl_go_answers(&dialect_groupcache, "g", k),
		        cases[i].groupcache);
		assert_int_equal(peerurl_go_answers(&dialect_dreamemo, "g", k),
		                 cases[i].dreamemo);
	}
	assert_false(peerurl_go_answers(&dialect_dreamemo, "_heartbeat_",
	                                key_of("hello", 5)));
	assert_true(peerurl_go_answers(&dialect_groupcache, "_heartbeat_",
	                               key_of("hello", 5)));
	assert_true(peerurl_go_answers(&dialect_dreamemo, "_heartbeat_",
	                               key_of("hell", 4)));
}

static void dialects(void **state)
{
	(void)state;
	assert_ptr_equal(dialect_find("groupcache"), &dialect_groupcache);
	assert_ptr_equal(dialect_find("dreamemo"), &dialect_dreamemo);
	assert_null(dialect_find("geecache"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groupcache_recorded),
		cmocka_unit_test(keys_recorded),
		cmocka_unit_test(encodes_every_byte),
		cmocka_unit_test(dreamemo_recorded),
		cmocka_unit_test(paths),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(longest_key),
		cmocka_unit_test(what_go_answers),
		cmocka_unit_test(dialects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
