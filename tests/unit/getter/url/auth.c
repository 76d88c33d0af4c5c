/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are to AWS, in what libcurl makes of it: against signatures that AWS
 * published in its "Signature Version 4 Test Suite" (github.com/awslabs/
 * aws-c-auth, tests/aws-signing-test-suite/v4, the GET requests) and in the
 * examples of "Authenticating Requests: Using the Authorization Header" in the
 * Amazon S3 API reference.  An X-Amz-Date among the headers is the time.
 */
#include "getter/url/auth.h"
#include "net/fetch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "origin_server.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define UNRESERVED \
	"-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz"

struct vector {
	const char *name;
	const char *path;       /* what follows the host, already encoded */
	const char *headers[5]; /* to be signed besides */
	const char *signature;
};

static const struct vector suite[] = {
	{ "get-header-key-duplicate",
	  "/",
	  { "My-Header1:value2", "My-Header1:value2", "My-Header1:value1" },
	  "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
	{ "get-header-value-order",
	  "/",
	  { "My-Header1:value4", "My-Header1:value1", "My-Header1:value3",
	    "My-Header1:value2" },
	  "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01" },
	{ "get-header-value-trim",
	  "/",
	  { "My-Header1: value1", "My-Header2: \"a   b   c\" " },
	  "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
	{ "get-slash-normalized",
	  "//",
	  { NULL },
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-slashes-normalized",
	  "//example//",
	  { NULL },
	  "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84" },
	{ "get-unreserved",
	  "/" UNRESERVED,
	  { NULL },
	  "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
	{ "get-vanilla",
	  "",
	  { NULL },
	  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
	{ "get-vanilla-empty-query-key",
	  "/?Param1=value1",
	  { NULL },
	  "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb" },
	{ "get-vanilla-query-order-encoded",
	  "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
	  { NULL },
	  "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac" },
	{ "get-vanilla-query-order-key-case",
	  "?Param2=value2&Param1=value1",
	  { NULL },
	  "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
	{ "get-vanilla-query-unreserved",
	  "/?" UNRESERVED "=" UNRESERVED,
	  { NULL },
	  "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197" },
	{ "get-vanilla-utf8-query",
	  "/?\xe1\x88\xb4=bar",
	  { NULL },
	  "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
};

static struct server origin;
static struct fetch_pool *pool;
static struct fetch *fetch;
static char keys[] = "/tmp/dreamfs-auth-XXXXXX";

/* What the origin was last asked with. */
static void last_request(char *out, size_t max)
{
	char url[64];
	struct fetch_request r = { .url = url,
		                   .max_body = max - 1,
		                   .cancel_fd = -1 };
	struct fetch_reply reply;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/_last", origin.port);
	assert_int_equal(fetch_run(fetch, &r, &reply), 0);
	memcpy(out, reply.body.data, reply.body.len);
	out[reply.body.len] = '\0';
	fetch_reply_release(&reply);
}

static void ask(const struct url_options *c, const char *path)
{
	char url[512];
	struct fetch_request r = { .url = url,
		                   .max_body = 4096,
		                   .cancel_fd = -1 };
	struct reason why = { "" };
	struct fetch_reply reply;
	struct auth_words w;
	struct auth *a;
	CURLU *place = curl_url();

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", origin.port, path);
	assert_int_equal(curl_url_set(place, CURLUPART_URL, "http://h/", 0), 0);
	if (auth_create(&a, c, place, &why))
		fail_msg("%s", why.text);
	auth_words_init(&w);
	if (auth_say(a, true, &r, &w, &why))
		fail_msg("%s", why.text);
	if (fetch_run(fetch, &r, &reply))
		fail_msg("%s", reply.why.text);
	fetch_reply_release(&reply);
	auth_words_release(&w);
	auth_destroy(a);
	curl_url_cleanup(place);
}

static void write_keys(const char *access, const char *secret,
                       const char *token)
{
	FILE *file = fopen(keys, "w");

	assert_non_null(file);
	fprintf(file, "[default]\naws_access_key_id = %s\n", access);
	fprintf(file, "aws_secret_access_key = %s\n", secret);
	if (*token)
		fprintf(file, "aws_session_token = %s\n", token);
	fclose(file);
}

static void check(const char *sigv4, const char *host, const char *date,
                  const struct vector *v)
{
	char *headers[COUNT(v->headers) + 2] = { (char *)host, (char *)date };
	struct url_options c = { .headers = { headers, 2 },
		                 .sigv4 = (char *)sigv4,
		                 .credentials_file = keys };
	char text[8192];

	for (size_t i = 0; i < COUNT(v->headers) && v->headers[i]; i++)
		headers[c.headers.count++] = (char *)v->headers[i];
	ask(&c, v->path);
	last_request(text, sizeof(text));
	if (!strstr(text, v->signature))
		fail_msg("%s: %s", v->name, text);
}

static void the_suite_of_aws(void **state)
{
	(void)state;
	write_keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	           "");
	for (size_t i = 0; i < COUNT(suite); i++)
		check("us-east-1/service", "Host: example.amazonaws.com",
		      "X-Amz-Date: 20150830T123600Z", &suite[i]);
}

static void a_session_has_a_token(void **state)
{
	static const struct vector vector = {
		"get-vanilla-with-session-token",
		"/",
		{ NULL },
		"07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e"
		"7f8"
	};

	(void)state;
	write_keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	           "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73eb"
	           "f194267");
	check("us-east-1/service", "Host: example.amazonaws.com",
	      "X-Amz-Date: 20150830T123600Z", &vector);
}

static void the_examples_of_s3(void **state)
{
	static const struct vector examples[] = {
		{ "GET Object",
		  "/test.txt",
		  { "Range:bytes=0-9" },
		  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036b"
		  "db41" },
		{ "GET Bucket Lifecycle",
		  "?lifecycle",
		  { NULL },
		  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a013678"
		  "3543" },
		{ "GET Bucket (List Objects)",
		  "/?prefix=J&max-keys=2",
		  { NULL },
		  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69d"
		  "c6f7" },
	};

	(void)state;
	write_keys("AKIAIOSFODNN7EXAMPLE",
	           "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "");
	for (size_t i = 0; i < COUNT(examples); i++)
		check("us-east-1", "Host: examplebucket.s3.amazonaws.com",
		      "X-Amz-Date: 20130524T000000Z", &examples[i]);
}

static void says_what_it_signs(void **state)
{
	char *headers[] = { (char *)"X-Amz-Content-SHA256: UNSIGNED-PAYLOAD",
		            (char *)"Accept:", (char *)"X-One:",
		            (char *)"host: other" };
	struct url_options c = { .sigv4 = (char *)"eu-central-1",
		                 .credentials_file = keys };
	char text[8192];

	(void)state;
	write_keys("AK", "SK", "TOKEN");
	ask(&c, "/k?b&a");
	last_request(text, sizeof(text));
	assert_non_null(strstr(text, "X-Amz-Date: 2"));
	assert_non_null(strstr(text, "X-Amz-Security-Token: TOKEN\n"));
	assert_non_null(strstr(text, "x-amz-content-sha256: e3b0c44298fc1c149a"
	                             "fbf4c8996fb92427ae41e4649b934ca495991b7"
	                             "852b855\n"));
	assert_non_null(strstr(text, "Credential=AK/2"));
	assert_non_null(strstr(text, "/eu-central-1/s3/aws4_request, "
	                             "SignedHeaders=host;x-amz-content-sha256;"
	                             "x-amz-date;x-amz-security-token, "
	                             "Signature="));

	/* What is among the headers already is not said twice, and what is
	 * not sent is not signed. */
	c.headers = (struct option_list){ headers, COUNT(headers) };
	ask(&c, "/k");
	last_request(text, sizeof(text));
	assert_null(strstr(text, "e3b0c4"));
	assert_non_null(strstr(text, "Host: other\n"));
	assert_non_null(strstr(text, "SignedHeaders=host;x-amz-content-sha256;"
	                             "x-amz-date;x-amz-security-token, "));
}

/* An error of creation. */
static void refuses(const struct url_options *c, const char *part)
{
	CURLU *place = curl_url();
	struct reason why = { "" };
	struct auth *a;

	assert_int_equal(curl_url_set(place, CURLUPART_URL, "http://h/", 0), 0);
	assert_int_equal(auth_create(&a, c, place, &why), -EINVAL);
	if (!strstr(why.text, part))
		fail_msg("'%s' has no '%s'", why.text, part);
	curl_url_cleanup(place);
}

/* libcurl's order of such names is right from 8.10 on. */
static void names_that_go_on(void **state)
{
	char *headers[] = { (char *)"Accept-Language: de",
		            (char *)"accept: text/plain" };
	struct url_options c = { .headers = { headers, COUNT(headers) },
		                 .sigv4 = (char *)"eu-central-1",
		                 .credentials_file = keys };
	char text[8192];

	(void)state;
	write_keys("AK", "SK", "");
	if (curl_version_info(CURLVERSION_NOW)->version_num < 0x080a00) {
		refuses(&c, "cannot sign header 'Accept-Language' beside "
		            "'accept'");
		headers[1] = (char *)"Accept:";
	}
	ask(&c, "/k");
	last_request(text, sizeof(text));
	assert_non_null(strstr(text, "Accept-Language: de\n"));
}

static void regions_and_services(void **state)
{
	static const char *const bad[] = {
		"",    "/",       "/s3",  "eu/",           "eu/a/b",
		"a b", "eu,west", "eu\n", "aws:amz:eu:s3", "eu-central-1/s3 ",
	};
	struct url_options c = { .credentials_file = keys };
	char name[65] = "", text[8192];

	(void)state;
	write_keys("AK", "SK", "");
	for (size_t i = 0; i < COUNT(bad); i++) {
		c.sigv4 = (char *)bad[i];
		refuses(&c, "or REGION/SERVICE such as eu-central-1/");
	}
	memset(name, 'a', 63);
	c.sigv4 = name;
	ask(&c, "/k");
	last_request(text, sizeof(text));
	assert_non_null(strstr(text, name));
	assert_non_null(strstr(text, "aaa/s3/aws4_request"));
	name[63] = 'a';
	refuses(&c, "is not a region");
	c.sigv4 = (char *)"eu-central-1/execute-api";
	ask(&c, "/k");
	last_request(text, sizeof(text));
	assert_non_null(strstr(text, "/eu-central-1/execute-api/aws4_request"));
	assert_null(strstr(text, "sha256"));
}

static int setup(void **state)
{
	static const struct fetch_config config = { .protocols = "http" };

	(void)state;
	close(mkstemp(keys));
	server_start(&origin, ORIGIN, NULL);
	assert_int_equal(fetch_pool_create(&pool, &config, NULL), 0);
	fetch = fetch_begin(pool);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fetch_end(fetch);
	fetch_pool_destroy(pool);
	server_stop(&origin);
	return remove(keys);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_suite_of_aws),
		cmocka_unit_test(a_session_has_a_token),
		cmocka_unit_test(the_examples_of_s3),
		cmocka_unit_test(says_what_it_signs),
		cmocka_unit_test(names_that_go_on),
		cmocka_unit_test(regions_and_services),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
