/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "spec.h"

#define MAX_VALUE ((size_t)1 << 20)

static char dir[] = "/tmp/dreamfs-command-XXXXXX";

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct getter *make(const char *line, const char *user)
{
	static const char *const not_found[] = { "1", "44" };
	struct spec spec = { .ops = getter_ops_find("command"),
		             .source = line };
	struct reason why = { "" };
	struct getter *g;

	spec_list(&spec, "not_found_exit", not_found, 2);
	spec_say(&spec, "user", user);
	if (spec_create(&g, &spec, &why) < 0)
		fail_msg("%s", why.text);
	return g;
}

static int run_load(const char *line, const struct load *load,
                    struct load_result *result)
{
	struct getter *g = make(line, NULL);
	int err = getter_get(g, load, result);

	getter_unref(g);
	return err;
}

static struct load load_of(const char *key)
{
	return (struct load){ .group = "grp",
		              .key = key_of(key, strlen(key)),
		              .max_value = MAX_VALUE,
		              .cancel_fd = -1 };
}

static void check_value(const char *line, const char *key, const char *want)
{
	struct load load = load_of(key);
	struct load_result result;

	if (run_load(line, &load, &result))
		fail_msg("%s: %s", line, result.why.text);
	assert_int_equal(result.value->size, strlen(want));
	assert_memory_equal(result.value->bytes, want, strlen(want));
	assert_int_equal(result.ttl_ms, TTL_DEFAULT);
	value_unref(result.value);
}

static void check_failure(const char *line, int err, const char *why)
{
	struct load load = load_of("k");
	struct load_result result;

	assert_int_equal(run_load(line, &load, &result), err);
	assert_null(result.value);
	assert_string_equal(result.why.text, why);
}

static void gives_output(void **state)
{
	(void)state;
	check_value("printf %s {key}", "a b'\"$(id);*", "a b'\"$(id);*");
	check_value("sh -c 'printf \"%s/%s\" \"$DREAMFS_GROUP\" "
	            "\"$DREAMFS_KEY\"'",
	            "k;1", "grp/k;1");
	check_value("printf %s {group}", "k", "grp");
	check_value("echo hello", "k", "hello\n");
	check_value("sh -c 'echo chatter >&2; printf x; pwd'", "k", "x/\n");
	/* Standard input is empty. */
	check_value("cat", "k", "");
}

static void tells_why_it_failed(void **state)
{
	(void)state;
	check_failure("sh -c 'echo gone >&2; exit 1'", -ENOENT,
	              "exit status 1: gone");
	check_failure("sh -c 'exit 44'", -ENOENT, "exit status 44");
	check_failure("sh -c 'printf half; exit 3'", -EIO, "exit status 3");
	check_failure("sh -c 'printf \"a\\n\\nb  \\n\" >&2; exit 3'", -EIO,
	              "exit status 3: a; b");
	check_failure("sh -c 'kill -9 $$'", -EIO, "killed by signal 9");
	check_failure("/does/not/exist {key}", -EIO,
	              "cannot start '/does/not/exist': No such file or "
	              "directory");
	check_failure("/etc/passwd", -EIO,
	              "cannot start '/etc/passwd': Permission denied");
}

static void keeps_the_end_of_stderr(void **state)
{
	struct load load = load_of("k");
	struct load_result result;

	(void)state;
	assert_int_equal(run_load("sh -c 'seq 100000 >&2; echo last >&2; "
	                          "exit 9'",
	                          &load, &result),
	                 -EIO);
	assert_non_null(strstr(result.why.text, "exit status 9: "));
	assert_non_null(strstr(result.why.text, "; 99999; 100000; last"));
	assert_null(strstr(result.why.text, "; 1; "));

	/* One line without end is cut, not lost. */
	assert_int_equal(run_load("sh -c 'head -c 9999 /dev/zero | tr \"\\0\" "
	                          "x >&2; exit 9'",
	                          &load, &result),
	                 -EIO);
	assert_non_null(strstr(result.why.text, "exit status 9: xxxxx"));
}

static void refuses_nul_and_long_keys(void **state)
{
	char *big = malloc(KEY_MAX);
	struct load load = load_of("");
	struct load_result result;

	(void)state;
	assert_non_null(big);
	load.key = key_of("a\0b", 3);
	assert_int_equal(run_load("true", &load, &result), -EIO);
	assert_non_null(strstr(result.why.text, "NUL"));

	memset(big, 'x', KEY_MAX);
	load.key = key_of(big, KEY_MAX);
	assert_int_equal(run_load("printf %s {key}", &load, &result), 0);
	assert_int_equal(result.value->size, KEY_MAX);
	value_unref(result.value);
	assert_int_equal(run_load("printf %s {key}{key}{key}", &load, &result),
	                 -EIO);
	assert_string_equal(result.why.text, "cannot start 'printf': Argument "
	                                     "list too long");
	free(big);
}

static void refuses_bad_settings(void **state)
{
	struct spec spec = { .ops = getter_ops_find("command"),
		             .source = "a 'b" };
	struct reason why = { "" };
	struct getter *g;

	(void)state;
	assert_int_equal(spec_create(&g, &spec, &why), -EINVAL);
	assert_non_null(strstr(why.text, "never closed"));
	assert_null(g);
	spec.source = "true";
	spec_say(&spec, "user", "no-such-user-here");
	assert_int_equal(spec_create(&g, &spec, &why), -EINVAL);
	assert_string_equal(why.text, "unknown user 'no-such-user-here'");
}

static void limits_output_while_reading(void **state)
{
	struct load load = load_of("k");
	struct load_result result;

	(void)state;
	/* It would never end by itself. */
	assert_int_equal(run_load("yes", &load, &result), -EFBIG);
	assert_string_equal(result.why.text, "more output than 1048576 bytes");
	assert_int_equal(run_load("head -c 1048577 /dev/zero", &load, &result),
	                 -EFBIG);
	assert_int_equal(run_load("head -c 1048576 /dev/zero", &load, &result),
	                 0);
	assert_int_equal(result.value->size, MAX_VALUE);
	value_unref(result.value);
	load.max_value = 0;
	assert_int_equal(run_load("echo", &load, &result), -EFBIG);
	assert_int_equal(run_load("true", &load, &result), 0);
	value_unref(result.value);
}

/* Everything after the first load, which may open things once. */
static int fds_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void leaks_no_descriptor(void **state)
{
	int before, other = open("/dev/null", O_RDONLY); /* not CLOEXEC */
	struct load load = load_of("k");
	struct load_result result;

	(void)state;
	load.max_value = 10;
	before = fds_open();
	for (int i = 0; i < 3; i++) {
		run_load("/does/not/exist", &load, &result);
		run_load("yes", &load, &result);
		run_load("false", &load, &result);
	}
	assert_int_equal(fds_open(), before);
	/* What the child has: the three and ls's own. */
	check_value("sh -c 'ls /proc/self/fd | wc -l'", "k", "4\n");
	close(other);
}

static void child_starts_clean(void **state)
{
	sigset_t all, old;

	(void)state;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	signal(SIGPIPE, SIG_IGN);
	/* All but 32 and 33, which are the C library's own. */
	check_value("sh -c 'grep -c -E "
	            "\"Sig(Blk|Ign):.[0-9a-f]{8}[08]0000000$\" "
	            "/proc/self/status'",
	            "k", "2\n");
	check_value("sh -c 'test $$ = \"$(ps -o pgid= -p $$ | tr -d \" \")\" "
	            "&& echo own'",
	            "k", "own\n");
	signal(SIGPIPE, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void environment_has_one_of_each(void **state)
{
	(void)state;
	setenv("DREAMFS_KEY", "stale", 1);
	setenv("DREAMFS_OTHER", "kept", 1);
	check_value("sh -c 'env | grep ^DREAMFS_ | sort'", "new",
	            "DREAMFS_GROUP=grp\nDREAMFS_KEY=new\nDREAMFS_OTHER=kept\n");
	unsetenv("DREAMFS_KEY");
	unsetenv("DREAMFS_OTHER");
}

/* Runs a load in a thread, cancels it once the command has said it is ready
 * (by writing its process's number to a file), and times the end. */
struct victim {
	const char *line;
	struct load load;
	struct load_result result;
	int err;
	int64_t ended_ms;
};

static void *victim_thread(void *arg)
{
	struct victim *v = arg;

	v->err = run_load(v->line, &v->load, &v->result);
	v->ended_ms = now_ms();
	return NULL;
}

static int read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	int n = 0;

	if (file) {
		if (fscanf(file, "%d\n", &n) != 1)
			n = 0;
		fclose(file);
	}
	return n;
}

static int wait_number(const char *path)
{
	int n;

	while ((n = read_number(path)) == 0)
		poll(NULL, 0, 5);
	return n;
}

/* We are the reaper of what the commands leave behind, see setup(). */
static bool group_is_gone(int pgid)
{
	while (waitpid(-pgid, NULL, WNOHANG) > 0)
		;
	return kill(-pgid, 0) < 0 && errno == ESRCH;
}

static void check_cancel(const char *script)
{
	struct victim v = { .load = load_of("k") };
	char line[512], path[64];
	pthread_t thread;
	int cancel[2], pid;
	int64_t start;

	assert_int_equal(pipe2(cancel, O_CLOEXEC), 0);
	snprintf(path, sizeof(path), "%s/pid", dir);
	unlink(path);
	snprintf(line, sizeof(line), "sh -c '%s' %s", script, path);
	v.line = line;
	v.load.cancel_fd = cancel[0];
	assert_int_equal(pthread_create(&thread, NULL, victim_thread, &v), 0);
	pid = wait_number(path);
	start = now_ms();
	assert_int_equal(write(cancel[1], "x", 1), 1);
	pthread_join(thread, NULL);
	assert_int_equal(v.err, -ECANCELED);
	assert_null(v.result.value);
	/* None of them would end by itself. */
	assert_in_range(v.ended_ms - start, 0, 60000);
	while (!group_is_gone(pid))
		poll(NULL, 0, 5);
	close(cancel[0]);
	close(cancel[1]);
}

static void cancels_at_once(void **state)
{
	(void)state;
	check_cancel("echo $$ >$0; exec sleep 1000");
	check_cancel("sleep 1000 & echo $$ >$0; wait");
	check_cancel("(trap \"\" TERM; sleep 1000) & echo $$ >$0; wait");
	check_cancel("trap \"\" TERM; echo $$ >$0; while :; do sleep 1; done");
	/* The leader has ended, a child holds the output open. */
	check_cancel("sleep 1000 & echo $$ >$0");
	/* The output is closed, the leader goes on. */
	check_cancel("exec >&- 2>&-; echo $$ >$0; exec sleep 1000");
}

static void term_gives_time_to_clean_up(void **state)
{
	char script[256], path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/cleaned", dir);
	snprintf(script, sizeof(script),
	         "trap \"echo 1 >%s; exit\" TERM; echo $$ >$0; "
	         "while :; do sleep 0.01; done",
	         path);
	/* Not for ever: on a busy machine it may have to try again. */
	for (int i = 0; i < 20 && !read_number(path); i++)
		check_cancel(script);
	assert_int_equal(read_number(path), 1);
}

static void waits_as_a_shell_does(void **state)
{
	(void)state;
	/* Whoever holds the output open may still write to it... */
	check_value("sh -c '(sleep 0.2; echo late) & echo early'", "k",
	            "early\nlate\n");
	/* ...and who holds only standard error is neither waited for nor
	 * harmed: it says so when it is done. */
	{
		char line[256], path[64], go[64];

		snprintf(path, sizeof(path), "%s/left", dir);
		snprintf(go, sizeof(go), "%s/go", dir);
		snprintf(line, sizeof(line),
		         "sh -c '(until [ -e %s ]; do sleep 0.01; done; "
		         "echo 1 >%s) >&- & echo x'",
		         go, path);
		check_value(line, "k", "x\n");
		assert_int_equal(read_number(path), 0);
		assert_int_equal(close(creat(go, 0600)), 0);
		assert_int_equal(wait_number(path), 1);
	}
}

static void *many_thread(void *arg)
{
	struct getter *g = arg;

	for (int i = 0; i < 20; i++) {
		char key[32];
		struct load load;
		struct load_result result;

		snprintf(key, sizeof(key), "%p-%d", (void *)&load, i);
		load = load_of(key);
		if (getter_get(g, &load, &result) ||
		    result.value->size != strlen(key) ||
		    memcmp(result.value->bytes, key, strlen(key)) != 0)
			return (void *)"wrong";
		value_unref(result.value);
	}
	getter_unref(g);
	return NULL;
}

static void runs_many_at_once(void **state)
{
	struct getter *g = make("printf %s {key}", NULL);
	pthread_t threads[16];
	int before = fds_open();

	(void)state;
	for (int i = 0; i < 16; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_thread,
		                                getter_ref(g)),
		                 0);
	for (int i = 0; i < 16; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	getter_unref(g);
	assert_int_equal(fds_open(), before);
}

static void survives_ignored_sigchld(void **state)
{
	(void)state;
	check_value("echo x", "k", "x\n");
	assert_true(signal(SIGCHLD, SIG_DFL) != SIG_IGN);
}

static void runs_as_user(void **state)
{
	struct passwd *pw = getpwuid(geteuid());
	struct load load = load_of("a b");
	const char *other = geteuid() == 0 ? "nobody" : "root";
	struct load_result result;
	struct getter *g;

	(void)state;
	assert_non_null(pw);
	/* Ourselves: always allowed. */
	g = make("sh -c 'id -un; echo $USER $1' sh {key}", pw->pw_name);
	assert_int_equal(getter_get(g, &load, &result), 0);
	assert_int_equal(result.value->size, 2 * strlen(pw->pw_name) + 6);
	value_unref(result.value);
	getter_unref(g);

	if (geteuid() == 0) {
		g = make("sh -c 'id -un; id -gn; id -G | wc -w; "
		         "echo $USER $LOGNAME \"$1\" $DREAMFS_KEY' sh {key}",
		         other);
		assert_int_equal(getter_get(g, &load, &result), 0);
		assert_memory_equal(result.value->bytes,
		                    "nobody\nnogroup\n1\nnobody nobody a b "
		                    "a b\n",
		                    result.value->size);
		value_unref(result.value);
		getter_unref(g);
	} else {
		struct spec spec = { .ops = getter_ops_find("command"),
			             .source = "true" };

		spec_say(&spec, "user", other);
		assert_int_equal(spec_create(&g, &spec, NULL), -EPERM);
	}
}

static int setup(void **state)
{
	(void)state;
	/* As a careless parent may hand it down. */
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = { "pid", "cleaned", "left", "go" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_ignored_sigchld),
		cmocka_unit_test(gives_output),
		cmocka_unit_test(tells_why_it_failed),
		cmocka_unit_test(keeps_the_end_of_stderr),
		cmocka_unit_test(refuses_nul_and_long_keys),
		cmocka_unit_test(refuses_bad_settings),
		cmocka_unit_test(limits_output_while_reading),
		cmocka_unit_test(leaks_no_descriptor),
		cmocka_unit_test(child_starts_clean),
		cmocka_unit_test(environment_has_one_of_each),
		cmocka_unit_test(cancels_at_once),
		cmocka_unit_test(term_gives_time_to_clean_up),
		cmocka_unit_test(waits_as_a_shell_does),
		cmocka_unit_test(runs_many_at_once),
		cmocka_unit_test(runs_as_user),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
