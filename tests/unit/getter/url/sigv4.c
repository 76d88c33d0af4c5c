/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Against signatures that AWS published: its "Signature Version 4 Test Suite"
 * (github.com/awslabs/aws-c-auth, tests/aws-signing-test-suite/v4, the GET
 * requests) and the examples of "Authenticating Requests: Using the
 * Authorization Header" in the Amazon S3 API reference.
 */
#include "getter/url/sigv4.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define UNRESERVED \
	"-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz"

struct vector {
	const char *name;
	const char *path;       /* what follows the host, already encoded */
	const char *headers[5]; /* to be signed besides */
	bool once;              /* "normalize": false */
	const char *signature;
};

/* Where the suite has raw bytes in a path it encodes them once. */
static const struct vector suite[] = {
	{ "get-header-key-duplicate",
	  "/",
	  { "My-Header1:value2", "My-Header1:value2", "My-Header1:value1" },
	  false,
	  "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
	{ "get-header-value-order",
	  "/",
	  { "My-Header1:value4", "My-Header1:value1", "My-Header1:value3",
	    "My-Header1:value2" },
	  false,
	  "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01" },
	{ "get-header-value-trim",
	  "/",
	  { "My-Header1: value1", "My-Header2: \"a   b   c\" " },
	  false,
	  "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
	{ "get-slash-normalized",
	  "//",
	  { NULL },
	  false,
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-slash-unnormalized",
	  "//",
	  { NULL },
	  true,
	  "c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e" },
	{ "get-slashes-normalized",
	  "//example//",
	  { NULL },
	  false,
	  "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
	{ "get-slashes-unnormalized",
	  "//example//",
	  { NULL },
	  true,
	  "87cca117541a147f6df867677d98a7d80dff226d2bfca9e4ffa899665623c7e5" },
	{ "get-space-unnormalized",
	  "/example space/",
	  { NULL },
	  true,
	  "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741" },
	{ "get-unreserved",
	  "/" UNRESERVED,
	  { NULL },
	  false,
	  "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
	{ "get-utf8",
	  "/\xe1\x88\xb4",
	  { NULL },
	  true,
	  "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
	{ "get-vanilla",
	  "",
	  { NULL },
	  false,
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-vanilla-empty-query-key",
	  "/?Param1=value1",
	  { NULL },
	  false,
	  "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb" },
	{ "get-vanilla-query-order-encoded",
	  "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
	  { NULL },
	  false,
	  "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac" },
	{ "get-vanilla-query-order-key-case",
	  "?Param2=value2&Param1=value1",
	  { NULL },
	  false,
	  "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
	{ "get-vanilla-query-unreserved",
	  "/?" UNRESERVED "=" UNRESERVED,
	  { NULL },
	  false,
	  "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197" },
	{ "get-vanilla-utf8-query",
	  "/?\xe1\x88\xb4=bar",
	  { NULL },
	  false,
	  "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
};

/* The last line of what is to be sent. */
static const char *sign(const struct sigv4 *s, const struct awskeys *keys,
                        time_t now, const char *url, const char *const *headers,
                        struct curl_slist **out)
{
	struct curl_slist *list = NULL, *last;
	struct buf wire;

	buf_init(&wire, 4096);
	assert_int_equal(sigv4_url(s, url, &wire), 0);
	for (; headers && *headers; headers++)
		list = curl_slist_append(list, *headers);
	*out = NULL;
	assert_int_equal(sigv4_sign(s, keys, now, wire.data, list, out), 0);
	curl_slist_free_all(list);
	buf_release(&wire);
	for (last = *out; last->next;)
		last = last->next;
	return last->data;
}

static void check(const struct sigv4 *s, const struct awskeys *keys, time_t now,
                  const char *host, const struct vector *v)
{
	struct curl_slist *out;
	const char *line;
	char url[512];

	snprintf(url, sizeof(url), "https://%s%s", host, v->path);
	line = sign(s, keys, now, url, v->headers, &out);
	if (strcmp(strstr(line, "Signature=") + 10, v->signature) != 0)
		fail_msg("%s: %s", v->name, line);
	curl_slist_free_all(out);
}

static void the_suite_of_aws(void **state)
{
	static const struct awskeys keys = {
		"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""
	};
	const time_t then = 1440938160; /* 2015-08-30T12:36:00Z */
	struct sigv4 s;

	(void)state;
	assert_int_equal(sigv4_init(&s, "us-east-1/service", NULL), 0);
	assert_false(s.once);
	for (size_t i = 0; i < COUNT(suite); i++) {
		s.once = suite[i].once;
		check(&s, &keys, then, "Example.amazonaws.com:443", &suite[i]);
	}
}

static void a_session_has_a_token(void **state)
{
	static const struct awskeys keys = {
		"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
		"6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194"
		"267"
	};
	static const struct vector vector = {
		"get-vanilla-with-session-token",
		"/",
		{ NULL },
		false,
		"07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e"
		"7f8"
	};
	struct sigv4 s;

	(void)state;
	assert_int_equal(sigv4_init(&s, "us-east-1/service", NULL), 0);
	check(&s, &keys, 1440938160, "example.amazonaws.com", &vector);
}

static void the_examples_of_s3(void **state)
{
	static const struct awskeys keys = {
		"AKIAIOSFODNN7EXAMPLE",
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""
	};
	static const struct vector examples[] = {
		{ "GET Object",
		  "/test.txt",
		  { "Range:bytes=0-9" },
		  true,
		  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036b"
		  "db41" },
		{ "GET Bucket Lifecycle",
		  "?lifecycle",
		  { NULL },
		  true,
		  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a013678"
		  "3543" },
		{ "GET Bucket (List Objects)",
		  "/?prefix=J&max-keys=2",
		  { NULL },
		  true,
		  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69d"
		  "c6f7" },
	};
	struct sigv4 s;

	(void)state;
	assert_int_equal(sigv4_init(&s, "us-east-1", NULL), 0);
	assert_true(s.once);
	for (size_t i = 0; i < COUNT(examples); i++)
		check(&s, &keys, 1369353600, "examplebucket.s3.amazonaws.com",
		      &examples[i]);
}

static void says_what_it_signs(void **state)
{
	static const struct awskeys keys = { "AK", "SK", "TOKEN" };
	static const char *const headers[] = { "X-Amz-Content-SHA256: "
		                               "UNSIGNED-PAYLOAD",
		                               "Host: other", NULL };
	struct curl_slist *out;
	struct sigv4 s;
	const char *line;

	(void)state;
	assert_int_equal(sigv4_init(&s, "eu-central-1", NULL), 0);
	line = sign(&s, &keys, 0, "http://h/k", NULL, &out);
	assert_string_equal(out->data, "X-Amz-Date: 19700101T000000Z");
	assert_string_equal(out->next->data, "X-Amz-Security-Token: TOKEN");
	assert_memory_equal(out->next->next->data, "x-amz-content-sha256: e3b",
	                    25);
	assert_non_null(strstr(line, "Credential=AK/19700101/eu-central-1/s3/"
	                             "aws4_request, SignedHeaders=host;"
	                             "x-amz-content-sha256;x-amz-date;"
	                             "x-amz-security-token, Signature="));
	curl_slist_free_all(out);

	/* What is among the headers already is not said twice. */
	line = sign(&s, &keys, 0, "http://h/k", headers, &out);
	assert_ptr_equal(out->next->next->data, line);
	curl_slist_free_all(out);
}

static void check_url(const char *where, const char *url, int err,
                      const char *want)
{
	struct sigv4 s;
	struct buf out;
	int got;

	buf_init(&out, 4096);
	assert_int_equal(sigv4_init(&s, where, NULL), 0);
	got = sigv4_url(&s, url, &out);
	if (got != err || (!err && strcmp(out.data, want) != 0))
		fail_msg("%s: %d %s", url, got, out.data);
	buf_release(&out);
}

static void urls_have_one_form(void **state)
{
	static const struct {
		const char *url;
		int err;
		const char *s3, *other;
	} urls[] = {
		{ "https://H:443", 0, "https://h/", "https://h/" },
		{ "http://H:80/", 0, "http://h/", "http://h/" },
		{ "http://h:443/", 0, "http://h:443/", "http://h:443/" },
		{ "http://u:p@[::1]:80/a@b:80", 0, "http://[::1]/a%40b%3A80",
		  "http://[::1]/a%40b%3A80" },
		{ "http://h/a%2fb//c", 0, "http://h/a/b//c",
		  "http://h/a%2Fb//c" },
		{ "http://h/a+b=c:d'e*f(g)!;h", 0,
		  "http://h/a%2Bb%3Dc%3Ad%27e%2Af%28g%29%21%3Bh",
		  "http://h/a%2Bb%3Dc%3Ad%27e%2Af%28g%29%21%3Bh" },
		{ "http://h/%61%7e~%c3%a9\xc3\xa9", 0,
		  "http://h/a~~%C3%A9%C3%A9", "http://h/a~~%C3%A9%C3%A9" },
		{ "http://h/%%zz%2", 0, "http://h/%25%25zz%252",
		  "http://h/%25%25zz%252" },
		{ "http://h?b=2&a=1+1&c&d=e=f&&%3d", 0,
		  "http://h/?b=2&a=1%201&c&d=e%3Df&&%3D",
		  "http://h/?b=2&a=1%201&c&d=e%3Df&&%3D" },
		{ "http://h/a?b/../c#d", 0, "http://h/a?b%2F..%2Fc",
		  "http://h/a?b%2F..%2Fc" },
		{ "http://h/a#b?c", 0, "http://h/a", "http://h/a" },
		{ "http://h/.a/..b/c../...", 0, "http://h/.a/..b/c../...",
		  "http://h/.a/..b/c../..." },
		/* Decoded, it leads out. */
		{ "http://h/a/..%2Fb", -ENOENT, "", "http://h/a/..%2Fb" },
		{ "http://h/a%2F..", -ENOENT, "", "http://h/a%2F.." },
		{ "http://h/a%2F%2e?x", -ENOENT, "", "http://h/a%2F.?x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		check_url("r", urls[i].url, urls[i].err, urls[i].s3);
		check_url("r/x", urls[i].url, 0, urls[i].other);
	}
}

static void regions_and_services(void **state)
{
	static const char *const bad[] = {
		"",    "/",       "/s3",  "eu/",           "eu/a/b",
		"a b", "eu,west", "eu\n", "aws:amz:eu:s3", "eu-central-1/s3 ",
	};
	char name[2 * SIGV4_NAME_MAX] = "";
	struct reason why;
	struct sigv4 s;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(sigv4_init(&s, bad[i], &why), -EINVAL);
	assert_non_null(strstr(why.text, "REGION/SERVICE"));
	memset(name, 'a', SIGV4_NAME_MAX - 1);
	assert_int_equal(sigv4_init(&s, name, &why), 0);
	assert_string_equal(s.region, name);
	assert_string_equal(s.service, "s3");
	name[SIGV4_NAME_MAX - 1] = 'a';
	assert_int_equal(sigv4_init(&s, name, &why), -EINVAL);
	assert_int_equal(sigv4_init(&s, "eu-central-1/execute-api", &why), 0);
	assert_string_equal(s.region, "eu-central-1");
	assert_string_equal(s.service, "execute-api");
	assert_false(s.once);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_suite_of_aws),
		cmocka_unit_test(a_session_has_a_token),
		cmocka_unit_test(the_examples_of_s3),
		cmocka_unit_test(says_what_it_signs),
		cmocka_unit_test(urls_have_one_form),
		cmocka_unit_test(regions_and_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
