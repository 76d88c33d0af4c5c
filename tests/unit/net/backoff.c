/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/backoff.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void pauses(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(backoff_wait(fds[0], 10), 0);
	assert_int_equal(backoff_wait(-1, 10), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(backoff_wait(fds[0], 1000000), -ECANCELED);
	close(fds[0]);
	close(fds[1]);
}

static int64_t longest(int failures)
{
	int64_t most = 0;

	for (int i = 0; i < 1000; i++) {
		int64_t ms = backoff_ms(failures);

		assert_true(ms >= 0);
		most = ms > most ? ms : most;
	}
	return most;
}

/* Of a thousand throws at least one is in the upper half. */
static void doubles_up_to_a_bound(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		int64_t most = longest(i);

		assert_true(most <= 100 << i && most > 50 << i);
	}
	assert_true(longest(5) <= 2000);
	assert_true(longest(1000000) <= 2000 && longest(1000000) > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses),
		cmocka_unit_test(doubles_up_to_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
