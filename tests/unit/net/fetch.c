/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What the url getter does not use of fetch.h; the rest is in test_url.c. */
#include "net/fetch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "origin_server.h"

static struct server origin;
static struct fetch_pool *pool;
static struct fetch *f;

static int run(struct fetch_request *request, const char *path,
               struct fetch_reply *reply)
{
	char url[256];
	int err;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/%s", origin.port, path);
	request->url = url;
	request->max_body = 1000;
	request->cancel_fd = -1;
	err = fetch_run(f, request, reply);
	request->url = NULL;
	return err;
}

static void gives_any_status(void **state)
{
	struct fetch_request request = { 0 };
	struct fetch_reply reply;

	(void)state;
	assert_int_equal(run(&request, "k?status=500", &reply), 0);
	assert_int_equal(reply.status, 500);
	assert_int_equal(reply.body.len, 12);
	assert_memory_equal(reply.body.data, "as you wish\n", 12);
	fetch_reply_release(&reply);

	/* A redirect is an answer here. */
	assert_int_equal(run(&request, "k?redirect=/x", &reply), 0);
	assert_int_equal(reply.status, 302);
	assert_string_equal(fetch_header(f, "location", 0), "/x");
	assert_null(fetch_header(f, "location", 1));
	assert_null(fetch_header(f, "x-none", 0));
	fetch_reply_release(&reply);
}

static void keeps_the_start_of_an_error(void **state)
{
	struct fetch_request request = { 0 };
	struct fetch_reply reply;

	(void)state;
	assert_int_equal(run(&request, "k?status=500&size=9000", &reply), 0);
	assert_int_equal(reply.body.len, FETCH_TEXT_MAX);
	fetch_reply_release(&reply);
	assert_int_equal(run(&request, "k?status=404&size=9000000", &reply), 0);
	assert_int_equal(reply.status, 404);
	assert_int_equal(reply.body.len, FETCH_TEXT_MAX);
	fetch_reply_release(&reply);
	assert_int_equal(run(&request, "after", &reply), 0);
	assert_int_equal(reply.status, 200);
	assert_memory_equal(reply.body.data, "after", 5);
	fetch_reply_release(&reply);
}

static void ends_at_the_deadline(void **state)
{
	struct fetch_request request = { .timeout_ms = 100 };
	struct fetch_reply reply;

	(void)state;
	assert_int_equal(run(&request, "k?stall=headers", &reply), -ETIMEDOUT);
	assert_true(reply.transient);
	assert_non_null(strstr(reply.why.text, "timed out"));
	fetch_reply_release(&reply);
	request.timeout_ms = 0;
	assert_int_equal(run(&request, "k?delay=0.2", &reply), 0);
	assert_int_equal(reply.status, 200);
	fetch_reply_release(&reply);
}

static void uses_other_methods(void **state)
{
	struct fetch_request request = { .method = "DELETE" };
	struct fetch_reply reply;

	(void)state;
	assert_int_equal(run(&request, "k", &reply), 0);
	assert_int_equal(reply.status, 200);
	assert_int_equal(reply.body.len, 0);
	fetch_reply_release(&reply);
	request.method = "BREW";
	assert_int_equal(run(&request, "k", &reply), 0);
	assert_int_equal(reply.status, 501);
	fetch_reply_release(&reply);
	/* And the next one is a GET again. */
	request.method = NULL;
	assert_int_equal(run(&request, "k", &reply), 0);
	assert_memory_equal(reply.body.data, "k", 1);
	fetch_reply_release(&reply);
}

static void takes_the_last_one_first(void **state)
{
	struct fetch *a = fetch_begin(pool), *b = fetch_begin(pool);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_not_equal(a, b);
	fetch_end(a);
	fetch_end(b);
	assert_ptr_equal(fetch_begin(pool), b);
	assert_ptr_equal(fetch_begin(pool), a);
	fetch_end(b);
	fetch_end(a);
}

static void labels_without_secrets(void **state)
{
	char label[FETCH_LABEL_MAX], url[1000];

	(void)state;
	assert_string_equal(fetch_label("https://u:p@h:1/a?b#c", label),
	                    "https://h:1/a");
	assert_string_equal(fetch_label("https://u:p/@h/a@b", label),
	                    "https://u:p/@h/a@b");
	assert_string_equal(fetch_label("http://u:p@q@h?k", label), "http://h");
	assert_string_equal(fetch_label("", label), "");
	memset(url, 'x', sizeof(url) - 1);
	url[sizeof(url) - 1] = '\0';
	assert_int_equal(strlen(fetch_label(url, label)), FETCH_LABEL_MAX - 1);
}

static int setup(void **state)
{
	const struct fetch_config config = { .protocols = "http", .proxy = "" };

	(void)state;
	server_start(&origin, ORIGIN, NULL);
	if (fetch_pool_create(&pool, &config, NULL) < 0)
		return -1;
	f = fetch_begin(pool);
	return f ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	fetch_end(f);
	fetch_pool_destroy(pool);
	fetch_pool_destroy(NULL);
	server_stop(&origin);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_any_status),
		cmocka_unit_test(keeps_the_start_of_an_error),
		cmocka_unit_test(ends_at_the_deadline),
		cmocka_unit_test(uses_other_methods),
		cmocka_unit_test(takes_the_last_one_first),
		cmocka_unit_test(labels_without_secrets),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
