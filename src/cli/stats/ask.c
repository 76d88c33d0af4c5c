/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the other process writes: both texts with a NUL between them, if its
 * exit status is 0, else the reason.
 */
#include "cli/stats/ask.h"

#include "lib/clock.h"
#include "net/fetch.h"
#include "node/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FETCH_MS   5000
#define READ_BYTES 65536
#define ANSWER_MAX (2 * (STATSTEXT_MAX + READ_BYTES))

static const char *const names[] = { "stats", "peers" };

/* ---- in the other process ---- */

static int fd_read_all(int fd, struct buf *out)
{
	ssize_t n;

	do {
		if (buf_reserve(out, READ_BYTES) < 0)
			return out->err;
		n = read(fd, out->data + out->len, READ_BYTES);
		if (n < 0 && errno != EINTR)
			return -errno;
		out->len += n > 0 ? (size_t)n : 0;
	} while (n);
	return 0;
}

static int mount_read(const char *place, const char *name, struct buf *out,
                      struct reason *why)
{
	struct buf path;
	int fd, err;

	buf_init(&path, READ_BYTES);
	err = buf_printf(&path, "%s/.dreamfs/%s", place, name);
	if (err)
		return reason_set(why, err, "the name '%.40s' is too long",
		                  place);
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : fd_read_all(fd, out);
	if (err == -ENOTCONN || err == -ECONNABORTED)
		reason_set(why, err, "'%s' is the mount of a process that died",
		           place);
	else if ((err == -ENOENT && access(place, F_OK) == 0) ||
	         err == -ENOTDIR)
		reason_set(why, err, "'%s' is not a dreamfs mount", place);
	else if (err)
		reason_set(why, err, "cannot read '%s': %s",
		           err == -ENOENT ? place : path.data, strerror(-err));
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	return err;
}

static int url_fetch(struct fetch_pool *pool, const char *url, struct buf *out,
                     struct reason *why)
{
	const struct fetch_request request = { .url = url,
		                               .max_body = REPORT_MAX,
		                               .timeout_ms = FETCH_MS,
		                               .cancel_fd = -1 };
	struct fetch *f = fetch_begin(pool);
	char label[FETCH_LABEL_MAX];
	struct fetch_reply reply;
	int err;

	if (!f)
		return reason_oom(why, -ENOMEM);
	fetch_label(url, label);
	err = fetch_run(f, &request, &reply);
	if (err)
		reason_set(why, err, "%s", reply.why.text);
	else if (reply.status == 404)
		err = reason_set(why, -ENOENT,
		                 "'%s' is not there: no dreamfs node's API",
		                 label);
	else if (reply.status != 200)
		err = reason_set(why, -EIO, "'%s' answers %ld", label,
		                 reply.status);
	else
		err = buf_append(out, reply.body.data, reply.body.len);
	fetch_reply_release(&reply);
	fetch_end(f);
	return err;
}

static int url_read(const char *place, const char *name, struct buf *out,
                    struct reason *why)
{
	static const struct fetch_config config = { .protocols = "http,https" };
	size_t len = strlen(place);
	struct fetch_pool *pool;
	struct buf url;
	int err = fetch_pool_create(&pool, &config, why);

	if (err)
		return err;
	while (len && place[len - 1] == '/')
		len--;
	buf_init(&url, READ_BYTES);
	err = buf_printf(&url, "%.*s/.dreamfs/%s", (int)len, place, name);
	if (err)
		reason_set(why, err, "the URL is too long");
	else
		err = url_fetch(pool, url.data, out, why);
	buf_release(&url);
	fetch_pool_destroy(pool);
	return err;
}

/* Dies with the one who asks. */
static _Noreturn void answer(int fd, const char *place, pid_t parent)
{
	bool url = strncmp(place, "http://", 7) == 0 ||
	           strncmp(place, "https://", 8) == 0;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), err = 0;
	FILE *to = fdopen(fd, "w");
	struct reason why = { "" };
	struct buf out;
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || !to)
		_exit(1);
	/* Whoever waits for the end of what is written to the terminal is not
	 * to wait for a process that may hang. */
	for (int n = 0; n <= STDERR_FILENO; n++)
		if (n != fd)
			dup2(null, n);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	buf_init(&out, ANSWER_MAX);
	for (int n = 0; n < 2 && !err; n++) {
		if (n > 0)
			buf_append(&out, "", 1);
		err = (url ? url_read : mount_read)(place, names[n], &out,
		                                    &why);
	}
	if (err)
		fputs(why.text, to);
	else
		fwrite(out.data, 1, out.len, to);
	fflush(to);
	_exit(err ? 1 : 0);
}

/* ---- in this one ---- */

int stats_ask_begin(struct stats_ask *ask, const char *place,
                    struct reason *why)
{
	pid_t parent = getpid();
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return reason_set(why, -errno, "cannot make a pipe: %s",
		                  strerror(errno));
	ask->pid = fork();
	if (ask->pid == 0)
		answer(fds[1], place, parent);
	err = ask->pid < 0 ? -errno : 0;
	close(fds[1]);
	if (err) {
		close(fds[0]);
		*ask = (struct stats_ask){ .fd = -1 };
		return reason_set(why, err, "cannot fork: %s", strerror(-err));
	}
	ask->fd = fds[0];
	buf_init(&ask->answer, ANSWER_MAX + READ_BYTES);
	return 0;
}

int stats_ask_take(struct stats_ask *ask, struct stats_sample *out,
                   struct reason *why)
{
	struct buf *answer = &ask->answer;
	int err = buf_reserve(answer, READ_BYTES), status = 0;
	ssize_t n =
	        err ? 0 : read(ask->fd, answer->data + answer->len, READ_BYTES);
	struct reason cause = { "" };

	if (n > 0 || (n < 0 && errno == EINTR)) {
		answer->len += n > 0 ? (size_t)n : 0;
		return -EAGAIN;
	}
	/* It has ended, or will without another look at the mount. */
	if (err)
		kill(ask->pid, SIGKILL);
	close(ask->fd);
	while (waitpid(ask->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	out->at_us = clock_now_us();
	out->at_unix_ms = clock_unix_ns() / 1000000;
	if (err)
		reason_set(why, err, "the answer is too long");
	else if (!WIFEXITED(status) || !answer->len ||
	         (!status && !memchr(answer->data, '\0', answer->len)))
		err = reason_set(why, -EIO, "the process that asks died");
	else if (status)
		err = reason_set(why, -EIO, "%.*s", (int)answer->len,
		                 answer->data);
	else if ((err = statstext_parse(&out->text, answer, &cause)) < 0)
		reason_set(why, err, "not a dreamfs node's figures: %s",
		           cause.text);
	buf_release(answer);
	*ask = (struct stats_ask){ .fd = -1 };
	return err;
}

void stats_ask_abort(struct stats_ask *ask)
{
	if (!ask->pid)
		return;
	kill(ask->pid, SIGKILL);
	waitpid(ask->pid, NULL, WNOHANG);
	close(ask->fd);
	buf_release(&ask->answer);
	*ask = (struct stats_ask){ .fd = -1 };
}
