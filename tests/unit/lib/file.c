/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What needs a race or a descriptor; the rest is in test_url.c. */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX ((size_t)64 << 20)

static char path[] = "/tmp/dreamfs-file-XXXXXX";
static int fd;
static atomic_bool stop;

static int read_once(const char *known, int cancel_fd,
                     struct file_version *version, struct reason *why)
{
	struct buf bytes;
	int err;

	buf_init(&bytes, MAX);
	err = file_read(path, known, cancel_fd, &bytes, version, why);
	if (err == 0)
		assert_true(bytes.len >= 1 << 20);
	buf_release(&bytes);
	return err;
}

/* Overwrites bytes of the same value: only the times change. */
static void *writer_thread(void *arg)
{
	while (!atomic_load(&stop))
		if (pwrite(fd, "\0", 1, 0) != 1)
			break;
	return arg;
}

static void refuses_a_moving_file(void **state)
{
	struct file_version version;
	struct reason why;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, writer_thread, NULL), 0);
	while (read_once(NULL, -1, &version, &why) != -EAGAIN)
		;
	assert_non_null(strstr(why.text, "changed while it was read"));
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(read_once(NULL, -1, &version, &why), 0);
}

static void knows_a_version(void **state)
{
	struct file_version version, again;

	(void)state;
	assert_int_equal(read_once(NULL, -1, &version, NULL), 0);
	assert_int_equal(read_once(version.tag, -1, &again, NULL), 1);
	assert_string_equal(version.tag, again.tag);
	assert_int_equal(ftruncate(fd, 3 << 20), 0);
	assert_int_equal(read_once(version.tag, -1, &again, NULL), 0);
	assert_string_not_equal(version.tag, again.tag);
}

static void can_be_cancelled(void **state)
{
	struct file_version version;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(read_once(NULL, fds[0], &version, NULL), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(read_once(NULL, fds[0], &version, NULL), -ECANCELED);
	close(fds[0]);
	close(fds[1]);
}

static int setup(void **state)
{
	(void)state;
	fd = mkstemp(path);
	return fd < 0 ? -1 : ftruncate(fd, 2 << 20);
}

static int teardown(void **state)
{
	(void)state;
	close(fd);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_a_moving_file),
		cmocka_unit_test(knows_a_version),
		cmocka_unit_test(can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
