/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounting: options -> configuration -> node -> mount -> run, and down again
 * in reverse.  Also as mount(8)'s helper, which has options and exit codes of
 * its own.
 */
#include "cli/cli.h"
#include "cli/deploy.h"
#include "cli/service.h"
#include "cli/signals.h"
#include "cli/watchdog.h"

#include "cli/mountopts.h"
#include "conf/path.h"
#include "os/background.h"
#include "os/mountinfo.h"
#include "os/sdnotify.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define EXIT_USAGE     2
#define HELPER_USAGE   1  /* mount(8): incorrect invocation */
#define HELPER_FAILURE 32 /* mount(8): mount failure */

static const char usage[] =
        "usage: dreamfs [-f] [-o OPTIONS] CONFIG MOUNTPOINT\n"
        "       dreamfs [-f] [-o OPTIONS] -g NAME=GETTER ... MOUNTPOINT\n"
        "       dreamfs serve CONFIG\n"
        "       dreamfs check CONFIG\n"
        "       dreamfs ring CONFIG [NAME...]\n"
        "       dreamfs init [FILE]\n"
        "       dreamfs warm [-qv] [-j N] MOUNTPOINT/GROUP [FILE]\n"
        "       dreamfs stats MOUNTPOINT|API-URL [--json] "
        "[--watch[=SECONDS]]\n";
static const char help[] =
        "\n"
        "Mounts a cache: groups are directories, keys are files, and reading\n"
        "MOUNTPOINT/GROUP/KEY gets the value from where the group says.\n"
        "\n"
        "  -f, --foreground     stay in the foreground\n"
        "  -g, --group NAME=GETTER\n"
        "                       a group without a configuration file, e.g.\n"
        "                         -g hello='command: lookup {key}'\n"
        "                         -g deb='url: https://host/{+key}'\n"
        "                         -g kv='redis: redis://127.0.0.1/0'\n"
        "  -o OPTIONS           mount options: config=FILE, those of fstab(5)\n"
        "                       and those of libfuse (allow_other, ro, ...)\n"
        "  -h, --help           print this\n"
        "      --version        print the version\n"
        "\n"
        "Unmount with umount MOUNTPOINT or fusermount3 -u MOUNTPOINT.\n"
        "Exit status: 0 success, 1 failure, 2 usage.\n";
static const char helper_usage[] =
        "usage: mount.dreamfs CONFIG MOUNTPOINT [-sfnv] [-o OPTIONS]\n";

struct call {
	bool helper;
	bool foreground;
	bool fake; /* mount -f: all but mounting */
	char **groups;
	size_t group_count;
	struct mountopts opts;
	const char *config, *mountpoint;
	int failure; /* the exit status for it */
};

static int fail(const struct call *call, const struct reason *why)
{
	log_error("%s", why->text);
	return call->failure;
}

/* ---- the words of the command ---- */

static const struct option long_options[] = {
	{ "foreground", no_argument, NULL, 'f' },
	{ "group", required_argument, NULL, 'g' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* 0; or -EINVAL, said. */
static int call_option(struct call *call, int c)
{
	struct reason why = { "" };

	switch (c) {
	case 'f':
		call->foreground = !call->helper;
		call->fake |= call->helper;
		return 0;
	case 'g':
		call->groups[call->group_count++] = optarg;
		return 0;
	case 'o':
		if (mountopts_add(&call->opts, optarg, &why) == 0)
			return 0;
		fprintf(stderr, "dreamfs: %s\n", why.text);
		return -EINVAL;
	case 's':
	case 'n':
	case 'v':
	case 'N':
	case 't':
		return 0; /* mount(8)'s, of no concern here */
	default:
		return -EINVAL;
	}
}

/* 0 and the call; 1 when all is done (--help); -EINVAL for wrong usage. */
static int call_parse(struct call *call, int argc, char **argv)
{
	const char *letters = call->helper ? "sfnvN:t:o:hV" : "fg:o:h";
	int c, words;

	optind = 0;
	while ((c = getopt_long(argc, argv, letters, long_options, NULL)) !=
	       -1) {
		if (c == 'h') {
			printf("%s%s", call->helper ? helper_usage : usage,
			       call->helper ? "" : help);
			return 1;
		}
		if (c == 'V') {
			puts("dreamfs " DREAMFS_VERSION);
			return 1;
		}
		if (call_option(call, c) < 0)
			return -EINVAL;
	}
	words = argc - optind;
	call->config = call->opts.config;
	if (words == 2 && (call->helper || !call->config) &&
	    !call->group_count) {
		if (!call->config)
			call->config = argv[optind];
		call->mountpoint = argv[optind + 1];
		return 0;
	}
	if (words != 1 || !call->config == !call->group_count)
		return -EINVAL;
	call->mountpoint = argv[optind];
	return 0;
}

/* ---- before mounting ---- */

/* Our own dead mount there is detached.  Only statfs(2) always asks the
 * daemon: the kernel may know the directory's attributes by heart. */
static int mountpoint_repair(const char *path)
{
	struct statfs fs;
	struct mount m;

	if (!mountinfo_find(path, &m) || strcmp(m.type, "fuse.dreamfs") != 0 ||
	    statfs(path, &fs) == 0 || errno != ENOTCONN)
		return 0;
	log_info("'%s' is the mount of a process that died: detaching it",
	         path);
	return mount_detach(path);
}

static int mountpoint_check(const char *path, struct reason *why)
{
	struct stat st;
	int err = mountpoint_repair(path);

	if (!err && stat(path, &st) < 0)
		err = -errno;
	if (!err && !S_ISDIR(st.st_mode))
		err = -ENOTDIR;
	return err ? reason_set(why, err, "cannot mount on '%s': %s", path,
	                        strerror(-err))
	           : 0;
}

/* ---- mounted ---- */

struct running {
	struct call *call;
	struct deploy *deploy;
	struct watch *watch; /* NULL until it is ready */
};

static void mount_ready(void *arg, const char *device)
{
	struct running *r = arg;
	const char *mountpoint = r->call->mountpoint;
	int err;

	log_info("mounted on '%s'", mountpoint);
	log_detach();
	deploy_ready(r->deploy);
	background_ready();
	sdnotify("READY=1");
	err = watch_start(&r->watch, r->deploy, mountpoint, device);
	if (err)
		log_error("cannot start a thread: %s", strerror(-err));
}

static int mount_run(struct call *call, struct deploy *d)
{
	struct running running = { .call = call, .deploy = d };
	struct fs_options options = {
		.mountpoint = call->mountpoint,
		.source = d->conf.path[0] ? d->conf.path : "dreamfs",
		.options = call->opts.fuse,
		.clone_fd = call->opts.clone_fd,
		.max_threads = call->opts.max_threads,
		.max_idle_threads = call->opts.max_idle_threads,
		.ready = mount_ready,
		.ready_arg = &running,
	};
	struct reason why = { "" };
	struct signals *signals;
	struct fs *fs;
	int err;

	if (fs_create(&fs, d->node, &options, &why) < 0)
		return fail(call, &why);
	err = signals_start(&signals, d, fs);
	if (!err) {
		err = fs_run(fs);
		signals_stop(signals);
	}
	if (err)
		log_error("the mount ended: %s", strerror(-err));
	fs_detach(fs);
	deploy_close(d);
	fs_destroy(fs);
	/* Now that nothing can keep it waiting. */
	watch_stop(running.watch);
	return err ? call->failure : 0;
}

/* Takes the configuration. */
static int mount_node(struct call *call, struct conf *conf)
{
	struct reason why = { "" };
	struct deploy deploy;
	int status;

	if (deploy_init(&deploy, conf, &why) < 0)
		return fail(call, &why);
	deploy_warn_of_root(&deploy.conf, call->opts.allow_other);
	status = mount_run(call, &deploy);
	deploy_release(&deploy);
	return status;
}

/* In the process that is to serve the mount; takes the configuration. */
static int mount_serve(struct call *call, struct conf *conf)
{
	enum log_sink sink = call->foreground ? LOG_TO_STDERR : LOG_TO_SYSLOG;
	int status;

	service_begin(conf, sink);
	status = mount_node(call, conf);
	service_end();
	return status;
}

static int mount_main(struct call *call)
{
	struct reason why = { "" };
	struct conf conf;
	char *mountpoint;
	int err;

	err = call->group_count ? conf_from_words(&conf, call->groups,
	                                          call->group_count, &why)
	                        : conf_load(&conf, call->config, &why);
	if (err) {
		fprintf(stderr, "%s\n", why.text);
		return call->failure;
	}
	log_set_level(conf.node.log);
	if (call->foreground) /* else somebody waits for an answer */
		log_set_format(conf.node.log_format);
	mountpoint = path_resolve(call->mountpoint);
	call->mountpoint = mountpoint;
	err = mountpoint ? mountpoint_check(mountpoint, &why)
	                 : reason_set(&why, -ENOMEM, "out of memory");
	if (!err && !call->foreground && !call->fake) {
		err = background_start(call->failure);
		if (err)
			reason_set(&why, err, "cannot fork: %s",
			           strerror(-err));
	}
	if (err || call->fake) {
		conf_release(&conf);
		free(mountpoint);
		return err ? fail(call, &why) : 0;
	}
	err = mount_serve(call, &conf);
	free(mountpoint);
	return err;
}

static int call_main(struct call *call, int argc, char **argv)
{
	int status;

	call->groups = calloc((size_t)argc, sizeof(*call->groups));
	status = call->groups ? call_parse(call, argc, argv) : -EINVAL;
	if (status == 0) {
		status = mount_main(call);
	} else if (status < 0) {
		fputs(call->helper ? helper_usage : usage, stderr);
		status = call->helper ? HELPER_USAGE : EXIT_USAGE;
	} else {
		status = 0;
	}
	free(call->groups);
	mountopts_release(&call->opts);
	return status;
}

int cli_mount(int argc, char **argv)
{
	struct call call = { .failure = EXIT_FAILURE };

	return call_main(&call, argc, argv);
}

int cli_mount_helper(int argc, char **argv)
{
	struct call call = { .helper = true, .failure = HELPER_FAILURE };

	return call_main(&call, argc, argv);
}
