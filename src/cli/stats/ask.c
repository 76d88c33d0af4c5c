/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the other process writes: a head, then both texts or the reason.
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

struct head {
	int err;
	size_t stats, peers; /* bytes; of a failure, the reason's and 0 */
};

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
		return reason_set(why, -ENOMEM, "out of memory");
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
	struct buf texts[2];
	struct head head = { 0 };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	terminal_leave(fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int n = 0; n < 2; n++) {
		buf_init(&texts[n], STATSTEXT_MAX + READ_BYTES);
		if (!head.err)
			head.err = (url ? url_read : mount_read)(
			        place, names[n], &texts[n], &why);
	}
	head.stats = head.err ? strlen(why.text) : texts[0].len;
	head.peers = head.err ? 0 : texts[1].len;
	fd_write_all(fd, (const char *)&head, sizeof(head));
	fd_write_all(fd, head.err ? why.text : texts[0].data, head.stats);
	fd_write_all(fd, texts[1].data, head.peers);
	_exit(0);
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
	buf_init(&ask->answer, sizeof(struct head) + 2 * STATSTEXT_MAX +
	                               3 * (size_t)READ_BYTES);
	return 0;
}

/* The process has ended, or will without another look at the mount. */
static void ask_end(struct stats_ask *ask)
{
	int status;

	close(ask->fd);
	while (waitpid(ask->pid, &status, 0) < 0 && errno == EINTR)
		;
	*ask = (struct stats_ask){ .fd = -1 };
}

static int sample_parse(struct stats_sample *out, const char *bytes,
                        const struct head *head, struct reason *why)
{
	struct reason cause = { "" };
	struct buf texts[2];
	int err;

	buf_init(&texts[0], STATSTEXT_MAX + READ_BYTES);
	buf_init(&texts[1], STATSTEXT_MAX + READ_BYTES);
	err = buf_append(&texts[0], bytes, head->stats);
	if (!err)
		err = buf_append(&texts[1], bytes + head->stats, head->peers);
	if (!err)
		err = statstext_parse(&out->text, &texts[0], &texts[1], &cause);
	buf_release(&texts[0]);
	buf_release(&texts[1]);
	if (err)
		return reason_set(why, err, "not a dreamfs node's figures: %s",
		                  cause.text[0] ? cause.text : strerror(-err));
	return 0;
}

static int answer_parse(struct buf *answer, struct stats_sample *out,
                        struct reason *why)
{
	struct head head = { 0 };
	struct timespec now;
	const char *bytes;

	if (answer->len >= sizeof(head))
		memcpy(&head, answer->data, sizeof(head));
	if (answer->len < sizeof(head) ||
	    answer->len - sizeof(head) != head.stats + head.peers)
		return reason_set(why, -EIO, "the process that asks died");
	bytes = answer->data + sizeof(head);
	if (head.err)
		return reason_set(why, head.err, "%.*s", (int)head.stats,
		                  bytes);
	clock_gettime(CLOCK_REALTIME, &now);
	out->at_us = clock_now_us();
	out->at_unix_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
	return sample_parse(out, bytes, &head, why);
}

int stats_ask_take(struct stats_ask *ask, struct stats_sample *out,
                   struct reason *why)
{
	struct buf *answer = &ask->answer;
	int err = buf_reserve(answer, READ_BYTES);
	ssize_t n = 0;

	if (!err) {
		n = read(ask->fd, answer->data + answer->len, READ_BYTES);
		if (n > 0 || (n < 0 && errno == EINTR)) {
			answer->len += n > 0 ? (size_t)n : 0;
			return -EAGAIN;
		}
		err = answer_parse(answer, out, why);
	} else {
		kill(ask->pid, SIGKILL);
		reason_set(why, err, "the answer is too long");
	}
	buf_release(answer);
	ask_end(ask);
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
