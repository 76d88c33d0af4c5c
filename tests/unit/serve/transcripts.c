/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What the real programs answered, we answer. */
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/units.h"
#include "peer_client.h"

/* Where we differ on purpose (url.h): a raw plus is a space, and a slash
 * in a key is welcome. */
static bool dreamemo_differs(const struct served *s, const char *path)
{
	struct reply r;
	bool plus = strchr(path, '+');

	if (!plus && !strstr(path, "%2F"))
		return false;
	fetch(s, "GET", path, &r);
	assert_int_equal(r.status, 200);
	assert_non_null(memmem(r.body, r.len, plus ? "v:a b@" : "v:a/b@", 6));
	reply_release(&r);
	return true;
}

static void check_dreamemo(const struct served *s, const char *path,
                           const char *head, char *body)
{
	size_t len = unhex(body);
	struct reply r;
	int status;

	if (dreamemo_differs(s, path))
		return;
	assert_int_equal(sscanf(head, " HTTP/1.1 %d", &status), 1);
	fetch(s, "GET", path, &r);
	assert_int_equal(r.status, status);
	if (status == 200 || strstr(path, "nope")) {
		assert_int_equal(r.len, len);
		assert_memory_equal(r.body, body, len);
		assert_non_null(strstr(head, header_of(&r, "Content-Type")));
	}
	reply_release(&r);
}

/* The lines behind "GET PATH": the head, the body. */
static void check_transcript(const struct served *s, FILE *file, char *line)
{
	char path[256], head[512], hex[512] = "";

	assert_int_equal(sscanf(line, "GET %255s", path), 1);
	assert_non_null(fgets(head, sizeof(head), file));
	assert_non_null(fgets(line, 512, file));
	sscanf(line, " body=%511[0-9a-f]", hex);
	check_dreamemo(s, path, head, hex);
}

static void test_dreamemo_transcripts(void **state)
{
	FILE *file = fopen("tests/vectors/dreamemo-live-http.txt", "r");
	struct served s = { 0 };
	int checked = 0;
	char line[512];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		const char *codec =
		        strstr(line, "=thrift") ? "thrift" : "protobuf";

		if (strncmp(line, "GET ", 4) == 0) {
			check_transcript(&s, file, line);
			checked++;
		} else if (line[0] == '#') {
			if (s.server)
				unserve(&s);
			serve_with(&s, (struct server_config){
			                       .dialect = &dialect_dreamemo,
			                       .codec = codec_find(codec) });
			suffix = "@http://localhost:7246";
		}
	}
	assert_int_equal(checked, 26);
	unserve(&s);
	fclose(file);
}

/* A Go string literal without its quotes, in place; its length. */
static size_t unquote(char *text)
{
	size_t n = 0, len = strlen(text);

	for (size_t i = 1; i < len - 1; i++) {
		if (text[i] == '\\' && text[i + 1] == 'x') {
			char digits[3] = { text[i + 2], text[i + 3], '\0' };

			text[n++] = (char)strtoul(digits, NULL, 16);
			i += 3;
		} else {
			text[n++] = text[i];
		}
	}
	text[n] = '\0';
	return n;
}

/* One line of go-groupcache-http-escaping.tsv: what the client meant is what
 * we load, where Go's server redirects too. */
static void check_groupcache(const struct served *s, char *const *field)
{
	char want[512] = "\n.v:", *key = field[2];
	size_t group_len = unquote(field[1]), len = unquote(key);
	struct reply r;
	uint64_t status;

	if (strcmp(field[0], "bare+PathEscape") == 0)
		for (char *c = key; *c; c++)
			*c = *c == '+' ? ' ' : *c;
	fetch(s, "GET", field[3], &r);
	if (field[4][0] == '4') {
		assert_int_equal(number_parse(field[4], 10, 599, &status), 0);
		assert_int_equal(r.status, status);
		snprintf(want, sizeof(want), "no such group: %.*s\n",
		         (int)group_len, field[1]);
		assert_string_equal(r.body,
		                    r.status == 404 ? want : "bad request\n");
	} else if (field[4][0] == '5') {
		assert_int_equal(r.status, 500);
	} else {
		bool empty = strncmp(key, "empty", 5) == 0 ||
		             strcmp(key, "noset") == 0;

		assert_int_equal(r.status, 200);
		assert_string_equal(header_of(&r, "Content-Type"),
		                    "application/x-protobuf");
		want[1] = empty ? 0 : (char)(len + 2);
		memcpy(want + 4, key, len);
		assert_int_equal(r.len, empty ? 2 : len + 4);
		assert_memory_equal(r.body, want, r.len);
	}
	reply_release(&r);
}

static void test_groupcache_transcripts(void **state)
{
	struct served s;
	struct vector v;

	(void)state;
	serve(&s);
	add_group(s.node, "q?x", 0);
	add_group(s.node, "p%41", 0);
	vector_open(&v, "go-groupcache-http-escaping.tsv");
	while (vector_next(&v))
		check_groupcache(&s, v.field);
	assert_true(v.rows > 60);
	unserve(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dreamemo_transcripts),
		cmocka_unit_test(test_groupcache_transcripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
