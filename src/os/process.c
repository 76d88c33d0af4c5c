/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One poll loop watches four things: both pipes, the process (a pidfd is
 * readable once it has exited) and the wish to cancel.  The process is not
 * reaped before the loop is done with it, so its number, which is the
 * group's too, cannot be given to anyone else while we may still kill it.
 */
#include "os/process.h"

#include "lib/clock.h"
#include "os/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_BYTES 65536 /* what a pipe holds */
#define GRACE_MS   200   /* between SIGTERM and SIGKILL */
#define REAP_MS    1000  /* after SIGKILL, before a thread waits for it */

static struct rlimit files_before; /* zeros: nothing was raised */

struct process {
	pid_t pid;
	int pidfd;
	int out, err; /* our ends of the pipes; -1 once closed */
	bool exited;
};

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void process_raise_files(void)
{
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_cur == now.rlim_max)
		return;
	files_before = now;
	now.rlim_cur = now.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &now) == 0)
		return;
	files_before = (struct rlimit){ 0 };
	log_warn("cannot raise the limit of open files: %s", strerror(errno));
}

/* A parent that ignores SIGCHLD, and such a disposition is inherited, would
 * never learn an exit status. */
static void want_statuses(void)
{
	struct sigaction now;

	if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
}

static int spawn(pid_t *pid, char *const *argv, char *const *env, int out,
                 int err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int failed;

	pthread_once(&once, want_statuses);
	sigfillset(&all);
	sigemptyset(&none);
	if (posix_spawnattr_init(&attr))
		return -ENOMEM;
	if (posix_spawn_file_actions_init(&files)) {
		posix_spawnattr_destroy(&attr);
		return -ENOMEM;
	}
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
	                                        POSIX_SPAWN_SETSIGMASK |
	                                        POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	failed = posix_spawn_file_actions_addopen(&files, 0, "/dev/null",
	                                          O_RDONLY, 0) ||
	         posix_spawn_file_actions_adddup2(&files, out, 1) ||
	         posix_spawn_file_actions_adddup2(&files, err, 2) ||
	         posix_spawn_file_actions_addclosefrom_np(&files, 3) ||
	         posix_spawn_file_actions_addchdir_np(&files, "/");
	failed = failed ? ENOMEM
	                : posix_spawnp(pid, argv[0], &files, &attr, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	/* posix_spawn(3) has no way to do so before the program starts.  It may
	 * have ended, or become somebody else, already. */
	if (!failed && files_before.rlim_max)
		prlimit(*pid, RLIMIT_NOFILE, &files_before, NULL);
	return -failed;
}

/* A pipe whose reading end, ours, does not block. */
static int pipe_open(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	return fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0 ? -EIO : 0;
}

/* Waits without reaping, at most `ms`, until the process has exited and, if
 * `group`, all who may write to its output have gone with it. */
static void wait_exit(struct process *p, int ms, bool group)
{
	int64_t end = clock_now_ms() + ms, left = ms;

	while (left > 0 && !(p->exited && (!group || p->out < 0))) {
		struct pollfd fds[2] = { { p->pidfd, POLLIN, 0 },
			                 { group ? p->out : -1, 0, 0 } };

		/* What was seen is watched no longer, or it would spin. */
		if (p->exited)
			fds[0].fd = -1;
		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			return;
		p->exited |= fds[0].revents != 0;
		if (fds[1].revents)
			fd_close(&p->out);
		left = end - clock_now_ms();
	}
}

static void *reap_thread(void *pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)(intptr_t)pid, &info, WEXITED) < 0 &&
	       errno == EINTR)
		;
	return NULL;
}

/* Ends the whole group, and reaps. */
static void process_kill(struct process *p)
{
	static struct log_limit limit;
	void *pid = (void *)(intptr_t)p->pid;
	pthread_attr_t attr;
	pthread_t thread;

	kill(-p->pid, SIGTERM);
	wait_exit(p, GRACE_MS, true);
	kill(-p->pid, SIGKILL);
	kill(p->pid, SIGKILL); /* in case it moved to another group */
	wait_exit(p, REAP_MS, false);
	if (p->exited) {
		reap_thread(pid);
		return;
	}
	/* SIGKILL works on all but two: a process stuck in the kernel, and one
	 * that became another user (sudo).  A thread waits for these. */
	log_often(&limit, LOG_LVL_WARN, NULL,
	          "process %d does not end when killed", (int)p->pid);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, reap_thread, pid))
		log_error("cannot start a thread to reap process %d",
		          (int)p->pid);
	pthread_attr_destroy(&attr);
}

/* Reads what is there.  1: more may come; 0: the end; or an error. */
static int read_out(struct process *p, struct buf *out)
{
	size_t room = out->max - out->len;
	char over;
	ssize_t n;
	int err;

	/* When full, only the end may come. */
	if (room == 0) {
		n = read(p->out, &over, 1);
	} else {
		err = buf_reserve(out, room < READ_BYTES ? room : READ_BYTES);
		if (err)
			return err;
		room = out->cap < out->max ? out->cap - out->len : room;
		n = read(p->out, out->data + out->len, room);
	}
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	if (n > 0 && room == 0)
		return -EFBIG;
	out->len += (size_t)n;
	return n > 0;
}

/* Keeps the last PROCESS_ERR_MAX bytes.  The same answers as read_out(). */
static int read_err(struct process *p, struct process_end *end)
{
	char part[PROCESS_ERR_MAX];
	ssize_t n = read(p->err, part, sizeof(part));
	size_t keep;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	keep = sizeof(end->err) - (size_t)n;
	if (end->err_len > keep) {
		memmove(end->err, end->err + end->err_len - keep, keep);
		end->err_len = keep;
	}
	memcpy(end->err + end->err_len, part, (size_t)n);
	end->err_len += (size_t)n;
	return n > 0;
}

/* One turn of the loop: 1 to go on, 0 when it has ended, or an error. */
static int process_step(struct process *p, int cancel_fd, struct buf *out,
                        struct process_end *end)
{
	struct pollfd fds[] = { { cancel_fd, POLLIN, 0 },
		                { p->out, POLLIN, 0 },
		                { p->err, POLLIN, 0 },
		                { p->exited ? -1 : p->pidfd, POLLIN, 0 } };
	int more;

	if (poll(fds, 4, -1) < 0)
		return errno == EINTR ? 1 : -errno;
	if (fds[0].revents)
		return -ECANCELED;
	if (fds[1].revents) {
		more = read_out(p, out);
		if (more < 0)
			return more;
		if (more == 0)
			fd_close(&p->out);
	}
	if (fds[2].revents && read_err(p, end) <= 0)
		fd_close(&p->err);
	p->exited |= fds[3].revents != 0;
	return !p->exited || p->out >= 0;
}

static int process_watch(struct process *p, int cancel_fd, struct buf *out,
                         struct process_end *end)
{
	siginfo_t info;
	int more;

	do
		more = process_step(p, cancel_fd, out, end);
	while (more > 0);
	if (more < 0) {
		process_kill(p);
		return more;
	}
	/* What it said last; somebody in the background may hold the pipe
	 * open, so only what is there now, and no more than a pipe holds. */
	for (int i = 0; p->err >= 0 && i < READ_BYTES / PROCESS_ERR_MAX; i++) {
		struct pollfd fd = { p->err, POLLIN, 0 };

		if (poll(&fd, 1, 0) <= 0 || read_err(p, end) <= 0)
			break;
	}
	while (waitid(P_PID, (id_t)p->pid, &info, WEXITED) < 0)
		if (errno != EINTR)
			return -errno;
	end->status = info.si_code == CLD_EXITED ? info.si_status : -1;
	end->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	return 0;
}

int process_run(char *const *argv, char *const *env, int cancel_fd,
                struct buf *out, struct process_end *end)
{
	int out_pipe[2] = { -1, -1 }, err_pipe[2] = { -1, -1 };
	struct process p = { .pidfd = -1 };
	int err;

	end->started = false;
	end->status = end->signal = 0;
	end->err_len = 0;
	err = pipe_open(out_pipe);
	if (!err)
		err = pipe_open(err_pipe);
	if (!err)
		err = spawn(&p.pid, argv, env, out_pipe[1], err_pipe[1]);
	fd_close(&out_pipe[1]);
	fd_close(&err_pipe[1]);
	p.out = out_pipe[0];
	p.err = err_pipe[0];
	if (!err) {
		end->started = true;
		p.pidfd = pidfd_open(p.pid, 0);
		if (p.pidfd < 0) {
			err = -errno;
			kill(-p.pid, SIGKILL);
			reap_thread((void *)(intptr_t)p.pid);
		} else {
			err = process_watch(&p, cancel_fd, out, end);
		}
	}
	fd_close(&p.out);
	fd_close(&p.err);
	fd_close(&p.pidfd);
	return err;
}
