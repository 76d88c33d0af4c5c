/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/log.h"

#include "lib/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- lines ---- */

static const char *text_of(const struct log_about *about, const char *msg)
{
	static char out[LOG_LINE_MAX];
	struct logline line = { .msg = msg, .about = about };
	size_t n = logline_text(&line, out, sizeof(out));

	assert_int_equal(n, strlen(out));
	return out;
}

static void test_text(void **state)
{
	struct log_about about = { 0 };
	char key[200];

	(void)state;
	assert_string_equal(text_of(NULL, "it works"), "it works");
	about.group = "g";
	assert_string_equal(text_of(&about, "it works"), "group 'g': it works");
	about.key = key_of("a/b", 3);
	about.error = "no";
	assert_string_equal(text_of(&about, "cannot load"),
	                    "group 'g': key 'a/b': cannot load: no");
	about = (struct log_about){ .peer = "http://b", .error = "" };
	assert_string_equal(text_of(&about, "is down"),
	                    "peer 'http://b' is down");
	about = (struct log_about){ .key = key_of("\x1b[2J\0\n\xc2\x9b\xff",
		                                  9) };
	assert_string_equal(text_of(&about, "x"),
	                    "key ' [2J   \xef\xbf\xbd': x");
	about.key = key_of("", 0);
	assert_string_equal(text_of(&about, "x"), "key '': x");
	/* Cut, but not through a character. */
	memset(key, 'k', sizeof(key));
	memcpy(key + 79, "\xc3\xbc", 2);
	about.key = key_of(key, sizeof(key));
	assert_int_equal(strlen(text_of(&about, "")), strlen("key '': ") + 79);
}

static const char *json_of(const struct log_about *about, const char *msg)
{
	static char out[LOG_LINE_MAX - 128];
	struct logline line = { .level = LOG_LVL_WARN,
		                .time = { 951782400, 7999999 },
		                .msg = msg,
		                .about = about };
	size_t n = logline_json(&line, out, sizeof(out));

	assert_int_equal(n, strlen(out));
	assert_int_equal(out[n - 1], '}');
	return out;
}

#define HEAD \
	"{\"time\":\"2000-02-29T00:00:00.007Z\",\"level\":\"warn\",\"msg\":"

static void test_json(void **state)
{
	struct log_about about = { .group = "g",
		                   .key = key_of("k\0\xff", 3),
		                   .error = "say \"no\"" };

	(void)state;
	assert_string_equal(json_of(NULL, "it works"), HEAD "\"it works\"}");
	assert_string_equal(json_of(&about, "cannot load"),
	                    HEAD "\"cannot load\",\"group\":\"g\","
	                         "\"key\":\"k\\u0000\\ufffd\","
	                         "\"error\":\"say \\\"no\\\"\"}");
	about = (struct log_about){ .peer = "http://b" };
	assert_string_equal(json_of(&about, "is back"),
	                    HEAD "\"peer is back\",\"peer\":\"http://b\"}");
}

static void test_the_longest_json_is_whole(void **state)
{
	static char long_text[8192], long_key[KEY_MAX];
	struct log_about about = { long_text, key_of(long_key, KEY_MAX),
		                   long_text, long_text };
	const char *line;

	(void)state;
	memset(long_text, 1, sizeof(long_text) - 1);
	line = json_of(&about, long_text);
	assert_true(strlen(line) < LOG_LINE_MAX - 128);
	assert_non_null(strstr(line, "\",\"group\":\"\\u0001"));
	assert_non_null(strstr(line, "\",\"key\":\"\\u0000"));
	assert_non_null(strstr(line, "\",\"peer\":\"\\u0001"));
	assert_non_null(strstr(line, "\",\"error\":\"\\u0001"));
}

/* ---- where they go: standard error is a file of ours, or a pipe ---- */

static int stderr_was;
static FILE *file;

static void stderr_to(int fd)
{
	stderr_was = dup(STDERR_FILENO);
	assert_true(stderr_was >= 0);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
}

static void stderr_to_file(void)
{
	file = tmpfile();
	assert_non_null(file);
	stderr_to(fileno(file));
}

static void stderr_back(void)
{
	dup2(stderr_was, STDERR_FILENO);
	close(stderr_was);
}

/* The n-th line, from 0, or NULL. */
static const char *line_at(int n)
{
	static char text[LOG_LINE_MAX + 2];

	rewind(file);
	while (fgets(text, sizeof(text), file))
		if (n-- == 0)
			return text;
	return NULL;
}

static int lines_like(const char *part)
{
	const char *line;
	int count = 0;

	for (int i = 0; (line = line_at(i)); i++)
		count += strstr(line, part) != NULL;
	return count;
}

static void test_a_file_gets_the_time(void **state)
{
	const char *line;
	int date, n = 0;

	(void)state;
	stderr_to_file();
	/* Before a node runs somebody reads it. */
	log_error("no such thing");
	assert_string_equal(line_at(0), "dreamfs: error: no such thing\n");
	log_start(LOG_TO_STDERR, 0);
	log_info("one");
	log_warn("two");
	log_debug("three");
	log_stop();
	stderr_back();
	line = line_at(1);
	assert_int_equal(
	        sscanf(line, "%d-%*d-%*dT%*d:%*d:%*d.%*3dZ %n", &date, &n), 1);
	assert_true(date >= 2024);
	assert_string_equal(line + n, "dreamfs: one\n");
	assert_non_null(strstr(line_at(2), "Z dreamfs: warn: two\n"));
	assert_null(line_at(3));
	fclose(file);
}

static void test_a_pipe_gets_none(void **state)
{
	char got[64] = "";
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	stderr_to(fds[1]);
	log_start(LOG_TO_STDERR, 0);
	log_info("one");
	log_stop();
	stderr_back();
	assert_true(read(fds[0], got, sizeof(got) - 1) > 0);
	assert_string_equal(got, "dreamfs: one\n");
	close(fds[0]);
	close(fds[1]);
}

static void journal_set(int inode_more)
{
	char text[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
	         (unsigned long long)st.st_ino + (unsigned int)inode_more);
	setenv("JOURNAL_STREAM", text, 1);
}

static void test_the_journal_gets_priorities(void **state)
{
	(void)state;
	stderr_to_file();
	journal_set(0);
	log_start(LOG_TO_STDERR, 0);
	log_set(LOG_LVL_DEBUG, LOG_TEXT);
	log_error("a");
	log_warn("b");
	log_info("c");
	log_debug("d");
	log_set(LOG_LVL_INFO, LOG_JSON);
	log_error("e");
	log_set(LOG_LVL_INFO, LOG_TEXT);
	log_stop();
	/* Inherited from somebody whose standard error it was. */
	journal_set(1);
	log_start(LOG_TO_STDERR, 0);
	log_error("f");
	log_stop();
	unsetenv("JOURNAL_STREAM");
	stderr_back();
	assert_string_equal(line_at(0), "<3>a\n");
	assert_string_equal(line_at(1), "<4>b\n");
	assert_string_equal(line_at(2), "<6>c\n");
	assert_string_equal(line_at(3), "<7>d\n");
	assert_non_null(strstr(line_at(4), "<3>{\"time\":\""));
	assert_non_null(strstr(line_at(5), "Z dreamfs: error: f\n"));
	fclose(file);
}

/* ---- what happens often ---- */

#define WINDOW 50000

static struct log_limit limits[3];

static void fail_often(int limit, const char *group, int times)
{
	struct log_about about = { .group = group, .error = "refused" };

	for (int i = 0; i < times; i++)
		log_often(&limits[limit], LOG_LVL_WARN, &about, "cannot load");
}

static void often_begin(int64_t window)
{
	stderr_to_file();
	log_start(LOG_TO_STDERR, window);
}

static void often_end(void)
{
	log_stop();
	stderr_back();
	fclose(file);
}

static void test_the_first_go_out_the_others_are_counted(void **state)
{
	struct log_about about = { .group = "g", .error = "the last" };
	int64_t now = clock_now_ms();

	(void)state;
	often_begin(WINDOW);
	fail_often(0, "g", 100);
	log_often(&limits[0], LOG_LVL_WARN, &about, "cannot load");
	assert_int_equal(lines_like("group 'g'"), LOG_OFTEN_FIRST);
	/* Nobody may ask late, who asks when he was told to. */
	assert_true(log_tick(now) >= now + WINDOW);
	assert_int_equal(lines_like("group 'g'"), LOG_OFTEN_FIRST);
	log_tick(log_tick(now));
	assert_int_equal(lines_like("warn: group 'g': cannot load: 96 more "
	                            "like this in the last 50 s: the last\n"),
	                 1);
	often_end();
}

static void test_more_of_the_same_lets_one_out_a_window(void **state)
{
	int64_t now;

	(void)state;
	often_begin(WINDOW);
	fail_often(0, "g", 10);
	now = log_tick(0);
	for (int i = 1; i <= 5; i++) {
		now = log_tick(now);
		assert_int_equal(lines_like("more like this"), i);
		fail_often(0, "g", 10);
		assert_int_equal(lines_like("cannot load: refused"),
		                 LOG_OFTEN_FIRST + i);
	}
	/* The last window with something; then one without; then peace. */
	now = log_tick(now);
	assert_int_equal(lines_like(": 9 more like this"), 5);
	assert_int_equal(log_tick(now), now + WINDOW);
	assert_int_equal(lines_like("more like this"), 6);
	fail_often(0, "g", 10);
	assert_int_equal(lines_like("cannot load: refused"),
	                 2 * LOG_OFTEN_FIRST + 5);
	often_end();
}

static void test_few_make_no_summary(void **state)
{
	(void)state;
	often_begin(WINDOW);
	fail_often(0, "g", LOG_OFTEN_FIRST);
	log_tick(log_tick(0));
	assert_int_equal(lines_like("more like this"), 0);
	assert_int_equal(lines_like("cannot load"), LOG_OFTEN_FIRST);
	often_end();
}

static void test_others_are_not_hidden(void **state)
{
	(void)state;
	often_begin(WINDOW);
	fail_often(0, "g", 100);
	fail_often(1, "h", 2);
	log_often(&limits[2], LOG_LVL_WARN,
	          &(struct log_about){ .peer = "http://b" }, "is down");
	assert_int_equal(lines_like("group 'h'"), 2);
	assert_int_equal(lines_like("peer 'http://b' is down"), 1);
	often_end();
}

/* Its owner goes before the log does. */
static void test_a_limit_that_goes_says_what_is_left(void **state)
{
	(void)state;
	often_begin(WINDOW);
	fail_often(0, "g", 100);
	fail_often(1, "h", 2);
	log_limit_release(&limits[0]);
	log_limit_release(&limits[1]);
	log_limit_release(&limits[2]);
	assert_int_equal(lines_like("group 'g': cannot load: 95 more like this "
	                            "in the last 1 s: refused"),
	                 1);
	assert_int_equal(log_tick(7), 7 + WINDOW);
	fail_often(0, "g", 1);
	assert_int_equal(lines_like("group 'g': cannot load: refused"), 6);
	often_end();
}

static void test_the_end_loses_none(void **state)
{
	(void)state;
	stderr_to_file();
	log_start(LOG_TO_STDERR, 0);
	fail_often(0, "g", 100);
	fail_often(1, "h", 10);
	log_stop();
	assert_int_equal(lines_like(": 95 more like this in the last "), 1);
	assert_int_equal(lines_like(": 5 more like this in the last "), 1);
	/* Nobody counts any more. */
	fail_often(2, "i", 100);
	assert_int_equal(lines_like("group 'i'"), 100);
	stderr_back();
	fclose(file);
}

static void test_debug_is_for_all(void **state)
{
	(void)state;
	log_set(LOG_LVL_DEBUG, LOG_TEXT);
	often_begin(0);
	fail_often(0, "g", 100);
	assert_int_equal(lines_like("group 'g': cannot load: refused\n"), 100);
	log_set(LOG_LVL_INFO, LOG_TEXT);
	often_end();
}

#define THREADS 8
#define EVENTS  2000

static atomic_int failing;

static void *fail_thread(void *arg)
{
	static const char *const groups[] = { "g", "h", "i" };
	int limit = *(int *)arg;

	fail_often(limit, groups[limit], EVENTS);
	atomic_fetch_sub(&failing, 1);
	return NULL;
}

/* Each event is told or counted, whoever has it and when. */
static void test_threads_and_windows_lose_none(void **state)
{
	static int of[THREADS];
	pthread_t threads[THREADS];
	const char *line, *at;
	unsigned int sum = 0, more;

	(void)state;
	stderr_to_file();
	log_start(LOG_TO_STDERR, 1);
	atomic_store(&failing, THREADS);
	for (int i = 0; i < THREADS; i++) {
		of[i] = i % 3;
		assert_int_equal(
		        pthread_create(&threads[i], NULL, fail_thread, &of[i]),
		        0);
	}
	while (atomic_load(&failing))
		log_tick(clock_now_ms());
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	log_limit_release(&limits[0]);
	log_stop();
	stderr_back();
	rewind(file);
	for (char text[512]; fgets(text, sizeof(text), file);) {
		line = strstr(text, "cannot load: ");
		assert_non_null(line);
		at = line + strlen("cannot load: ");
		sum += sscanf(at, "%u more like", &more) == 1 ? more : 1;
	}
	assert_int_equal(sum, THREADS * EVENTS);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_the_longest_json_is_whole),
		cmocka_unit_test(test_a_file_gets_the_time),
		cmocka_unit_test(test_a_pipe_gets_none),
		cmocka_unit_test(test_the_journal_gets_priorities),
		cmocka_unit_test(test_the_first_go_out_the_others_are_counted),
		cmocka_unit_test(test_more_of_the_same_lets_one_out_a_window),
		cmocka_unit_test(test_few_make_no_summary),
		cmocka_unit_test(test_others_are_not_hidden),
		cmocka_unit_test(test_a_limit_that_goes_says_what_is_left),
		cmocka_unit_test(test_the_end_loses_none),
		cmocka_unit_test(test_debug_is_for_all),
		cmocka_unit_test(test_threads_and_windows_lose_none),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
