/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What `dreamfs stats` makes of figures. */
#include "cli/stats/view.h"
#include "cli/stats/screen.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct buf out;

static struct stats_sample sample_of(const char *stats, const char *peers,
                                     int64_t at_us)
{
	struct stats_sample s = { .at_us = at_us, .at_unix_ms = 1500 };
	struct reason why = { "" };
	struct buf answer;

	buf_init(&answer, STATSTEXT_MAX);
	buf_puts(&answer, stats);
	buf_append(&answer, "", 1);
	assert_int_equal(buf_puts(&answer, peers), 0);
	assert_int_equal(statstext_parse(&s.text, &answer, &why), 0);
	return s;
}

static const char *printed(const struct stats_view *v,
                           int (*print)(const struct stats_view *,
                                        struct buf *))
{
	buf_release(&out);
	buf_init(&out, 1 << 20);
	assert_int_equal(print(v, &out), 0);
	assert_int_equal(buf_append(&out, "", 1), 0);
	return out.data;
}

static const char *table(const struct stats_view *v)
{
	return printed(v, stats_table_print);
}

static void test_a_table(void **state)
{
	struct stats_sample s = sample_of(
	        "version=1 pid=2 uptime=3725\n"
	        "group=web gets=123456 cache_hits=120000 peer_loads=0 "
	        "local_loads=3000 peer_errors=1 local_load_errs=2 evictions=0 "
	        "items=1500 bytes=1536 capacity=67108864\n"
	        "group=b gets=0\n",
	        "http://a:1 self\nhttp://bbbb:1 down 3s\n", 0);
	struct stats_view v = { &s, NULL, SCREEN_WIDE, SIZE_MAX, false, NULL };

	(void)state;
	assert_string_equal(
	        table(&v),
	        "dreamfs 1, process 2, up 1h 2m; rates since then\n\n"
	        "GROUP  HIT%  GETS  HITS  LOCAL  ERRS  EVICT  ITEMS  USED  CAP"
	        "  GET/S  LOAD/S\n"
	        "web    97.2  123K  120K   3.0K     3      0   1.5K  1.5K  64M"
	        "     33     0.8\n"
	        "b         -     0     0      0     0      0      0     0    0"
	        "      0       0\n"
	        "total  97.2  123K  120K   3.0K     3      0   1.5K  1.5K  64M"
	        "     33     0.8\n"
	        "\n"
	        "PEER           STATE\n"
	        "http://a:1     self\n"
	        "http://bbbb:1  down 3s\n");
	statstext_release(&s.text);
}

/* Does each line fit, and is nothing in it that a terminal would obey? */
static void assert_fits(const char *text, size_t width)
{
	for (; *text; text = strchr(text, '\n') + 1) {
		assert_true(strcspn(text, "\n") <= width);
		for (const char *c = text; *c != '\n'; c++)
			assert_true(*c >= ' ' && *c < 0x7f);
	}
}

static void test_eighty_columns_are_enough(void **state)
{
	static const char figures[] =
	        " gets=987654321 cache_hits=123456789 peer_loads=555555 "
	        "local_loads=3000000 peer_errors=100000 evictions=123456 "
	        "stale_served=99999 items=150000 bytes=987654321 "
	        "capacity=68719476736\n";
	struct stats_sample s;
	char stats[2048];
	struct stats_view v = { &s, NULL, 80, SIZE_MAX, false, NULL };

	(void)state;
	snprintf(stats, sizeof(stats),
	         "version=1 pid=2 uptime=1\ngroup=a-group-with-quite-a-long-"
	         "name%s"
	         "group=bad%%1b[2J%%0a%%ff%%e2%%82%s",
	         figures, figures);
	s = sample_of(stats, "", 0);
	assert_fits(table(&v), 80);
	assert_non_null(strstr(table(&v), "\na-group"));
	assert_non_null(strstr(table(&v), " STALE "));
	assert_non_null(strstr(table(&v), " PEER "));
	/* Where there is room names are whole. */
	v.width = SCREEN_WIDE;
	assert_non_null(strstr(table(&v), "\na-group-with-quite-a-long-name "));
	assert_non_null(strstr(table(&v), "\nbad?[2J???"));
	statstext_release(&s.text);
}

static void test_names_are_cut_by_columns(void **state)
{
	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		fail();
	buf_release(&out);
	buf_init(&out, 100);
	assert_int_equal(screen_text("日本日本", 12, 5, &out), 0);
	assert_int_equal(out.len, 9);
	assert_memory_equal(out.data, "日本…", 9);
	assert_int_equal(screen_text("gr\xc3\xb6\xc3", 5, 4, &out), 0);
	assert_memory_equal(out.data + 9, "gr\xc3\xb6?", 5);
	setlocale(LC_CTYPE, "C");
}

static void test_rates_between_two_looks(void **state)
{
	const char *gets[] = { "gets", NULL };
	struct stats_sample a = sample_of("version=1 pid=2 uptime=5\n"
	                                  "group=a gets=100\ngroup=b gets=50\n",
	                                  "", 1000000);
	struct stats_sample b = sample_of("version=1 pid=2 uptime=7\n"
	                                  "group=a gets=150\ngroup=b gets=20\n"
	                                  "group=c gets=10\n",
	                                  "", 3000000);
	struct stats_sample c = sample_of("version=1 pid=3 uptime=5\n"
	                                  "group=a gets=200\n",
	                                  "", 4000000);
	struct stats_view v = { &b, &a, SCREEN_WIDE, SIZE_MAX, true, NULL };

	(void)state;
	assert_true(stats_is_between(&v));
	assert_true(stats_seconds(&v) == 2);
	assert_true(stats_rate(&v, &b.text.groups[0], gets) == 25);
	/* One that was made anew, and one that is new. */
	assert_true(stats_rate(&v, &b.text.groups[1], gets) == 10);
	assert_true(stats_rate(&v, &b.text.groups[2], gets) == 5);
	assert_non_null(strstr(table(&v), "rates over 2.0s"));
	/* The busiest is first. */
	assert_true(strstr(out.data, "\na ") < strstr(out.data, "\nb "));
	/* Another process: since its start. */
	v.now = &c;
	v.before = &b;
	assert_false(stats_is_between(&v));
	assert_true(stats_rate(&v, &c.text.groups[0], gets) == 40);
	assert_non_null(strstr(table(&v), "rates since then"));
	statstext_release(&a.text);
	statstext_release(&b.text);
	statstext_release(&c.text);
}

static void test_a_low_screen_says_what_is_left_out(void **state)
{
	struct stats_sample s =
	        sample_of("version=1 pid=2 uptime=9\ngroup=a gets=1\n"
	                  "group=b gets=900\ngroup=c gets=2\ngroup=d gets=3\n"
	                  "group=e gets=4\n",
	                  "http://a:1 self\n", 0);
	struct stats_view v = { &s, NULL, 80, 12, true, NULL };

	(void)state;
	assert_non_null(strstr(table(&v), "(1 more)"));
	assert_null(strstr(out.data, "\na "));
	assert_non_null(strstr(out.data, "\nb "));
	/* The total is that of all. */
	assert_non_null(strstr(out.data, "\ntotal   0.0   910 "));
	assert_non_null(strstr(out.data, "http://a:1"));
	statstext_release(&s.text);
}

static void test_json(void **state)
{
	struct stats_sample s = sample_of(
	        "version=12 pid=2 uptime=4\n"
	        "group=7 policy=2 gets=8 cache_hits=2 items=3 fresh=x\n",
	        "http://a:1 down 3s\n", 0);
	struct stats_view v = { &s, NULL, SCREEN_WIDE, SIZE_MAX, false, NULL };

	(void)state;
	assert_string_equal(
	        printed(&v, stats_json_print),
	        "{\"time\":1.500,\"seconds\":4,\"node\":{\"version\":\"12\","
	        "\"pid\":2,\"uptime\":4},\"groups\":[{\"group\":\"7\","
	        "\"policy\":\"2\",\"gets\":8,\"cache_hits\":2,\"items\":3,"
	        "\"fresh\":\"x\",\"hit_ratio\":0.25,\"rates\":{\"gets\":2,"
	        "\"cache_hits\":0.5}}],\"peers\":[{\"url\":\"http://a:1\","
	        "\"state\":\"down 3s\"}]}\n");
	statstext_release(&s.text);
}

static int teardown(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_table),
		cmocka_unit_test(test_eighty_columns_are_enough),
		cmocka_unit_test(test_names_are_cut_by_columns),
		cmocka_unit_test(test_rates_between_two_looks),
		cmocka_unit_test(test_a_low_screen_says_what_is_left_out),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
