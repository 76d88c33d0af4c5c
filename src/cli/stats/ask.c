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
	for (;;) {
		ssize_t n;
		int err = buf_reserve(out, READ_BYTES);

		if (err)
			return err;
		n = read(fd, out->data + out->len, READ_BYTES);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		out->len += n > 0 ? (size_t)n : 0;
	}
}

static int mount_failed(const char *place, const char *path, int err,
                        struct reason *why)
{
	if (err == -ENOTCONN || err == -ECONNABORTED)
		return reason_set(why, err,
		                  "'%s' is the mount of a process that died",
		                  place);
	if ((err == -ENOENT && access(place, F_OK) == 0) || err == -ENOTDIR)
		return reason_set(why, err, "'%s' is not a dreamfs mount",
		                  place);
	return reason_set(why, err, "cannot read '%s': %s",
	                  err == -ENOENT ? place : path, strerror(-err));
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
	if (err)
		mount_failed(place, path.data, err, why);
	if (fd >= 0)
		close(fd);
	buf_release(&path);
	return err;
}

static int reply_take(struct fetch_reply *reply, const char *url, int err,
                      struct buf *out, struct reason *why)
{
	char label[FETCH_LABEL_MAX];

	fetch_label(url, label);
	if (err)
		return reason_set(why, err, "%s", reply->why.text);
	if (reply->status == 404)
		return reason_set(why, -ENOENT,
		                  "'%s' is not there: no dreamfs node's API",
		                  label);
	if (reply->status != 200)
		return reason_set(why, -EIO, "'%s' answers %ld", label,
		                  reply->status);
	return buf_append(out, reply->body.data, reply->body.len);
}

static int url_fetch(struct fetch_pool *pool, const char *url, struct buf *out,
                     struct reason *why)
{
	const struct fetch_request request = { .url = url,
		                               .max_body = REPORT_MAX,
		                               .timeout_ms = FETCH_MS,
		                               .cancel_fd = -1 };
	struct fetch *f = fetch_begin(pool);
	struct fetch_reply reply;
	int err;

	if (!f)
		return reason_oom(why, -ENOMEM);
	err = fetch_run(f, &request, &reply);
	err = reply_take(&reply, url, err, out, why);
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

static void fd_write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR)
			return;
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

/* Whoever waits for the end of what is written there is not to wait for a
 * process that may hang. */
static void terminal_leave(int keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fd != keep)
			dup2(null, fd);
}

/* Dies with the one who asks. */
static _Noreturn void answer(int fd, const char *place, pid_t parent)
{
	bool url = strncmp(place, "http://", 7) == 0 ||
	           strncmp(place, "https://", 8) == 0;
	struct reason why = { "" };
	struct buf out;
	sigset_t none;
	int err = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	terminal_leave(fd);
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
		fd_write_all(fd, why.text, strlen(why.text));
	else
		fd_write_all(fd, out.data, out.len);
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

/* The process has ended, or will without another look at the mount: how. */
static int ask_end(struct stats_ask *ask)
{
	int status = 0;

	close(ask->fd);
	while (waitpid(ask->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	*ask = (struct stats_ask){ .fd = -1 };
	return status;
}

static int sample_parse(struct stats_sample *out, const struct buf *answer,
                        struct reason *why)
{
	const char *nul = memchr(answer->data, '\0', answer->len);
	size_t len = (size_t)(nul - answer->data);
	struct reason cause = { "" };
	struct buf stats, peers;
	int err;

	out->at_us = clock_now_us();
	out->at_unix_ms = clock_unix_ns() / 1000000;
	buf_init(&stats, ANSWER_MAX);
	buf_init(&peers, ANSWER_MAX);
	buf_append(&stats, answer->data, len);
	buf_append(&peers, nul + 1, answer->len - len - 1);
	err = statstext_parse(&out->text, &stats, &peers, &cause);
	if (err)
		return reason_set(why, err, "not a dreamfs node's figures: %s",
		                  cause.text[0] ? cause.text : strerror(-err));
	return 0;
}

int stats_ask_take(struct stats_ask *ask, struct stats_sample *out,
                   struct reason *why)
{
	int err = buf_reserve(&ask->answer, READ_BYTES), status;
	struct buf answer;
	ssize_t n = 0;

	if (err) {
		kill(ask->pid, SIGKILL);
	} else {
		n = read(ask->fd, ask->answer.data + ask->answer.len,
		         READ_BYTES);
		if (n > 0 || (n < 0 && errno == EINTR)) {
			ask->answer.len += n > 0 ? (size_t)n : 0;
			return -EAGAIN;
		}
	}
	answer = ask->answer;
	status = ask_end(ask);
	if (err)
		reason_set(why, err, "the answer is too long");
	else if (!WIFEXITED(status) || !answer.len ||
	         (!status && !memchr(answer.data, '\0', answer.len)))
		err = reason_set(why, -EIO, "the process that asks died");
	else if (status)
		err = reason_set(why, -EIO, "%.*s", (int)answer.len,
		                 answer.data);
	else
		err = sample_parse(out, &answer, why);
	buf_release(&answer);
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
