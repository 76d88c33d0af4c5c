/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The mount's life: libfuse's session, from mounting to the end. */
#include "fs/fs_priv.h"

#include "lib/clock.h"
#include "os/log.h"
#include "os/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse_log.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READAHEAD_KIB  "1024"
#define STOP_SIGNAL    SIGUSR2 /* wakes libfuse's main thread */
#define STOP_POLL_US   2000
#define MAX_BACKGROUND 4096 /* asynchronous reads under way at once */

/* libfuse reports through one global function, sometimes a line in pieces.
 * The first line it says while mounting becomes the reason. */
static struct {
	struct reason line;
	bool whole;
} fuse_said;

__attribute__((format(printf, 2, 0))) static void fuse_says(
        enum fuse_log_level level, const char *fmt, va_list args)
{
	char *text = fuse_said.line.text;
	size_t len = strlen(text), end;
	char more[sizeof(fuse_said.line.text)];

	vsnprintf(more, sizeof(more), fmt, args);
	if (level > FUSE_LOG_WARNING || fuse_said.whole) {
		log_debug("%s", more);
		return;
	}
	end = strcspn(more, "\n");
	fuse_said.whole = more[end] == '\n';
	more[end] = '\0';
	snprintf(text + len, sizeof(more) - len, "%s", more);
}

static void fuse_listen(void)
{
	fuse_said.whole = false;
	fuse_said.line.text[0] = '\0';
}

/* ---- what left the cache ---- */

static void fs_tell(struct fs *fs, struct group *g, struct key key)
{
	struct list_node list;

	list_init(&list);
	inodes_collect(&fs->inodes, g, key, &list);
	notifier_push(fs->notifier, &list);
}

static void fs_gone(struct group_listener *l, struct group *g, struct key key)
{
	fs_tell(container_of(l, struct fs, listener), g, key);
}

static void fs_cleared(struct group_listener *l, struct group *g)
{
	fs_tell(container_of(l, struct fs, listener), g, key_of(NULL, 0));
}

static void fs_closed(struct group_listener *l, struct group *g)
{
	struct fs *fs = container_of(l, struct fs, listener);
	struct inode *dir = inode_of_group(&fs->inodes, g);

	if (!dir)
		return;
	fs_drop_name(fs, dir);
	inode_forget(&fs->inodes, dir, 1);
}

/* ---- does it answer? ---- */

/* The kernel reads ahead 128 KiB by default; libfuse can only lower that. */
static void fs_set_readahead(const struct fs *fs)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/class/bdi/%s/read_ahead_kb",
	         fs->device);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, READAHEAD_KIB, strlen(READAHEAD_KIB)) < 0)
		log_debug("cannot raise the readahead: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* A chore: the first request is answered by the other threads meanwhile. */
static void fs_probe(struct job *job, int cancel_fd)
{
	struct fs *fs = container_of(job, struct fs, probe);
	int err = mount_ask(fs->mountpoint, fs->device);

	(void)cancel_fd;
	atomic_store(&fs->probe_err, err);
	if (err)
		return;
	fs_set_readahead(fs);
	if (fs->ready)
		fs->ready(fs->ready_arg, fs->device);
}

/* If it left the tree meanwhile the session ends by itself. */
static int fs_probe_err(struct fs *fs)
{
	int err = atomic_load(&fs->probe_err);

	return err == -ENOENT ? 0 : err;
}

static void fs_probed(struct job *job)
{
	struct fs *fs = container_of(job, struct fs, probe);

	sem_post(&fs->probed);
	if (fs_probe_err(fs))
		fs_stop(fs);
}

/* ---- mounting ---- */

/* Called by libfuse while the kernel waits for our answer to FUSE_INIT. */
static void fs_init(void *userdata, struct fuse_conn_info *conn)
{
	struct fs *fs = userdata;
	int err;

	conn->max_background = MAX_BACKGROUND;
	conn->congestion_threshold = MAX_BACKGROUND * 3 / 4;
	/* An inode's bytes never change: no need to look at its mtime. */
	conn->want &= ~(unsigned int)FUSE_CAP_AUTO_INVAL_DATA;
	fs->probe.run = fs_probe;
	fs->probe.done = fs_probed;
	err = node_submit(fs->node, &fs->probe);
	if (!err)
		return;
	atomic_store(&fs->probe_err, err);
	sem_post(&fs->probed);
	atomic_store(&fs->stopped, true);
	fuse_session_exit(fs->session);
}

/* Takes libfuse's options as one string, in which the source is escaped. */
static int fs_session_new(struct fs *fs, const struct fs_options *o,
                          struct reason *why)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_lowlevel_ops ops = fs_ops;
	char *text = NULL, *source = NULL;
	int err;

	ops.init = fs_init;
	fuse_listen();
	if (asprintf(&source, "fsname=%s", o->source) >= 0 &&
	    fuse_opt_add_opt(&text, "default_permissions") == 0 &&
	    fuse_opt_add_opt(&text, "subtype=dreamfs") == 0 &&
	    fuse_opt_add_opt_escaped(&text, source) == 0 &&
	    (!o->options || fuse_opt_add_opt(&text, o->options) == 0) &&
	    fuse_opt_add_arg(&args, "dreamfs") == 0 &&
	    fuse_opt_add_arg(&args, "-o") == 0 &&
	    fuse_opt_add_arg(&args, text) == 0)
		fs->session = fuse_session_new(&args, &ops, sizeof(ops), fs);
	fuse_opt_free_args(&args);
	free(source);
	free(text);
	if (!fs->session)
		return reason_set(why, -EINVAL, "%s",
		                  fuse_said.line.text[0]
		                          ? fuse_said.line.text
		                          : "libfuse refuses the options");
	err = notifier_create(&fs->notifier, &fs->inodes, fs->session);
	return err ? reason_set(why, err, "cannot start a thread: %s",
	                        strerror(-err))
	           : 0;
}

static int fs_mount(struct fs *fs, struct reason *why)
{
	struct mount m;

	fuse_listen();
	if (fuse_session_mount(fs->session, fs->mountpoint) != 0)
		return reason_set(why, -EIO, "cannot mount on '%s'%s%s",
		                  fs->mountpoint,
		                  fuse_said.line.text[0] ? ": " : "",
		                  fuse_said.line.text);
	if (mountinfo_find(fs->mountpoint, &m))
		memcpy(fs->device, m.device, sizeof(fs->device));
	return 0;
}

/* All but the session. */
static int fs_prepare(struct fs *fs, struct node *node,
                      const struct fs_options *o, struct reason *why)
{
	fs->born_ns = clock_unix_ns();
	fs->node = node;
	fs->uid = geteuid();
	fs->gid = getegid();
	sem_init(&fs->probed, 0, 0);
	fs->ready = o->ready;
	fs->ready_arg = o->ready_arg;
	fs->listener.gone = fs_gone;
	fs->listener.cleared = fs_cleared;
	fs->listener.closed = fs_closed;
	fs->loop = fuse_loop_cfg_create();
	fs->mountpoint = fs->loop ? realpath(o->mountpoint, NULL) : NULL;
	if (!fs->mountpoint)
		return reason_set(why, -errno, "cannot mount on '%s': %s",
		                  o->mountpoint, strerror(errno));
	fuse_loop_cfg_set_clone_fd(fs->loop, o->clone_fd);
	if (o->max_threads)
		fuse_loop_cfg_set_max_threads(fs->loop, o->max_threads);
	if (o->max_idle_threads)
		fuse_loop_cfg_set_idle_threads(fs->loop, o->max_idle_threads);
	return 0;
}

int fs_create(struct fs **out, struct node *node, const struct fs_options *o,
              struct reason *why)
{
	struct fs *fs = calloc(1, sizeof(*fs));
	int err;

	if (!fs || inodes_init(&fs->inodes) < 0) {
		free(fs);
		return reason_oom(why, -ENOMEM);
	}
	fuse_set_log_func(fuse_says);
	err = fs_prepare(fs, node, o, why);
	if (!err)
		err = fs_session_new(fs, o, why);
	if (!err)
		err = fs_mount(fs, why);
	if (err) {
		fs_destroy(fs);
		return err;
	}
	node_set_listener(node, &fs->listener);
	*out = fs;
	return 0;
}

void fs_destroy(struct fs *fs)
{
	if (!fs)
		return;
	notifier_destroy(fs->notifier);
	if (fs->session)
		fuse_session_destroy(fs->session);
	if (fs->loop)
		fuse_loop_cfg_destroy(fs->loop);
	inodes_release(&fs->inodes);
	sem_destroy(&fs->probed);
	free(fs->mountpoint);
	free(fs);
}

/* ---- running ---- */

static void wake_up(int sig)
{
	(void)sig;
}

void fs_detach(struct fs *fs)
{
	struct mount m;
	int err;

	/* Only what is ours: it may be gone, and another one in its place. */
	if (atomic_exchange(&fs->detached, true) ||
	    !mountinfo_find(fs->mountpoint, &m) ||
	    strcmp(m.device, fs->device) != 0)
		return;
	err = mount_detach(fs->mountpoint);
	if (err)
		log_warn("cannot unmount '%s': %s", fs->mountpoint,
		         strerror(-err));
}

/*
 * The loop is over; is the mount still there?  If the loop ended by our doing,
 * it is.  If the kernel ended it, somebody unmounted, or aborted the
 * connection.  In the first case what is mounted there now is another's, even
 * if it has our device's number, which is free again by then; in the second
 * it is dead.
 */
static void fs_clear(struct fs *fs, bool by_us)
{
	if (by_us || mount_ask(fs->mountpoint, fs->device) == -ENOTCONN)
		fs_detach(fs);
}

int fs_run(struct fs *fs)
{
	struct sigaction action = { .sa_handler = wake_up };
	sigset_t set;
	int err;

	sigaction(STOP_SIGNAL, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, STOP_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	fs->loop_thread = pthread_self();
	atomic_store(&fs->running, true);
	err = fuse_session_loop_mt(fs->session, fs->loop);
	atomic_store(&fs->running, false);
	sem_post(&fs->probed);
	fs_clear(fs, err < 0 || atomic_load(&fs->stopped));
	return err < 0 ? err : fs_probe_err(fs);
}

/* ---- the end ---- */

/*
 * The order matters.  The probe and the notifier ask the kernel for things
 * that it may answer only after we answered it, so they end while requests
 * are still served.  libfuse's loop then has to be woken from its wait.
 */
void fs_stop(struct fs *fs)
{
	sem_wait(&fs->probed);
	sem_post(&fs->probed);
	notifier_stop(fs->notifier);
	atomic_store(&fs->stopped, true);
	fuse_session_exit(fs->session);
	while (atomic_load(&fs->running)) {
		pthread_kill(fs->loop_thread, STOP_SIGNAL);
		usleep(STOP_POLL_US);
	}
}

unsigned int fs_pending(struct fs *fs)
{
	return atomic_load(&fs->pending);
}

const char *fs_mountpoint(const struct fs *fs)
{
	return fs->mountpoint;
}
