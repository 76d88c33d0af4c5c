/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/warm/lines.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct lines l;

static void expect_line(const char *want)
{
	const char *line;
	size_t len;

	assert_true(lines_next(&l, &line, &len));
	assert_int_equal(len, strlen(want));
	assert_memory_equal(line, want, len);
}

static void expect_none(void)
{
	const char *line;
	size_t len;

	assert_false(lines_next(&l, &line, &len));
}

static void put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lines_fill(&l), 0);
}

static void test_pieces(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	lines_init(&l, fds[0]);
	expect_none();
	put(fds[1], "one\ntw");
	expect_line("one");
	expect_none();
	put(fds[1], "o\n\n \t\r\n three \nf\rour\r\r\nla");
	expect_line("two");
	expect_line(" three ");
	expect_line("f\rour\r");
	expect_none();
	put(fds[1], "st\r");
	close(fds[1]);
	assert_false(l.ended);
	expect_none();
	assert_int_equal(lines_fill(&l), 0);
	assert_true(l.ended);
	expect_line("last");
	expect_none();
	close(fds[0]);
	assert_int_equal(lines_fill(&l), -EBADF);
	assert_true(l.ended);
	expect_none();
}

/* A file holding what is said, n times. */
static FILE *file_of(const char *text, int n)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	while (n-- > 0)
		fputs(text, f);
	rewind(f);
	return f;
}

/* Given once, cut, whether its end comes later or with it. */
static void test_long(void **state)
{
	FILE *f = file_of("0123456789", LINES_ROOM / 4);
	const char *line;
	size_t len;

	(void)state;
	fseek(f, 0, SEEK_END);
	fputs("\nnext\n", f);
	rewind(f);
	assert_int_equal(lines_count(fileno(f)), 2);
	lines_init(&l, fileno(f));
	assert_int_equal(lines_fill(&l), 0);
	assert_true(lines_next(&l, &line, &len));
	assert_int_equal(len, LINES_ROOM);
	do {
		expect_none();
		assert_int_equal(lines_fill(&l), 0);
	} while (!memchr(l.bytes, '\n', l.to));
	expect_line("next");
	fclose(f);
}

static void test_count(void **state)
{
	FILE *f = file_of("a\n\n  \nb c\n", 10000);
	int fds[2];

	(void)state;
	assert_int_equal(lines_count(fileno(f)), 20000);
	/* From where it stands, where it still stands afterwards. */
	assert_int_equal(lseek(fileno(f), 2, SEEK_SET), 2);
	assert_int_equal(lines_count(fileno(f)), 19999);
	assert_int_equal(lseek(fileno(f), 0, SEEK_CUR), 2);
	fclose(f);
	f = file_of("x", 1);
	assert_int_equal(lines_count(fileno(f)), 1);
	fclose(f);
	f = file_of("", 1);
	assert_int_equal(lines_count(fileno(f)), 0);
	fclose(f);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(lines_count(fds[0]), -1);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
