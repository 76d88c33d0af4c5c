/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounting: options -> configuration -> node -> mount -> run, and down again
 * in reverse.  Also as mount(8)'s helper, which has options and exit codes of
 * its own.
 */
#include "cli/cli.h"
#include "cli/deploy.h"
#include "cli/mountopts.h"
#include "cli/options.h"
#include "cli/signals.h"
#include "cli/watchdog.h"

#include "conf/path.h"
#include "os/background.h"
#include "os/mountinfo.h"
#include "os/sdnotify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define HELPER_USAGE   1  /* mount(8): incorrect invocation */
#define HELPER_FAILURE 32 /* mount(8): mount failure */

static const struct cli_syntax syntax = {
	"usage: dreamfs [-f] [-o OPTIONS] CONFIG MOUNTPOINT\n"
	"       dreamfs [-f] [-o OPTIONS] -g NAME=GETTER ... MOUNTPOINT\n"
	"       dreamfs serve CONFIG\n"
	"       dreamfs check CONFIG\n"
	"       dreamfs ring CONFIG [NAME...]\n"
	"       dreamfs init [FILE]\n"
	"       dreamfs warm [-qv] [-j N] MOUNTPOINT/GROUP [FILE]\n"
	"       dreamfs stats MOUNTPOINT|API-URL [--json] "
	"[--watch[=SECONDS]]\n",
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
	"Exit status: 0 success, 1 failure, 2 usage.\n",
	1, 2
};
static const struct cli_syntax helper_syntax = {
	"usage: mount.dreamfs CONFIG MOUNTPOINT [-sfnv] [-o OPTIONS]\n", "", 1,
	2
};

struct call {
	bool helper;
	bool foreground;
	bool fake;     /* mount -f: all but mounting */
	char **groups; /* -g's; owned, with room for all words */
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

static int take_group(void *to, const char *value)
{
	struct call *call = to;

	call->groups[call->group_count++] = (char *)value;
	return 0;
}

static int take_options(void *to, const char *value)
{
	struct call *call = to;
	struct reason why = { "" };
	int err = mountopts_add(&call->opts, value, &why);

	if (err)
		fprintf(stderr, "dreamfs: %s\n", why.text);
	return err;
}

/* What the words are: with a configuration among the options, or groups,
 * nothing but the mount point, before which the helper has a word of fstab's
 * all the same.  False: something else. */
static bool call_take_words(struct call *call, char **words, int count)
{
	call->config = call->opts.config;
	call->mountpoint = words[count - 1];
	if (count == 1)
		return !call->config != !call->group_count;
	if (call->group_count || (call->config && !call->helper))
		return false;
	if (!call->config)
		call->config = words[0];
	return true;
}

/* ---- before mounting ---- */

static int mountpoint_check(const char *path, struct reason *why)
{
	struct statfs fs;
	struct mount m;
	struct stat st;
	int err = 0;

	/* Our own dead mount there is detached.  Only statfs(2) always asks
	 * the daemon: the kernel may know the directory's attributes by
	 * heart. */
	if (mountinfo_find(path, &m) && strcmp(m.type, "fuse.dreamfs") == 0 &&
	    statfs(path, &fs) < 0 && errno == ENOTCONN) {
		log_info("'%s' is the mount of a process that died: detaching "
		         "it",
		         path);
		err = mount_detach(path);
	}
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
	struct watchdog watchdog; /* when it is ready */
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
	err = watchdog_start(&r->watchdog, r->deploy, mountpoint, device);
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
	struct signals signals;
	struct fs *fs;
	int err;

	if (fs_create(&fs, d->node, &options, &why) < 0)
		return fail(call, &why);
	err = signals_start(&signals, d, fs);
	if (!err) {
		err = fs_run(fs);
		signals_stop(&signals);
	} else {
		fs_detach(fs);
	}
	if (err)
		log_error("the mount ended: %s", strerror(-err));
	deploy_close(d);
	fs_destroy(fs);
	/* Now that nothing can keep it waiting. */
	watchdog_stop(&running.watchdog);
	return err ? call->failure : 0;
}

static int mount_main(struct call *call)
{
	struct reason why = { "" };
	struct conf conf;
	struct deploy deploy;
	char *mountpoint;
	int err, status;

	err = call->group_count ? conf_from_words(&conf, call->groups,
	                                          call->group_count, &why)
	                        : conf_load(&conf, call->config, &why);
	if (err) {
		fprintf(stderr, "%s\n", why.text);
		return call->failure;
	}
	/* In the background somebody waits for an answer. */
	log_set(conf.node.log,
	        call->foreground ? conf.node.log_format : LOG_TEXT);
	mountpoint = path_resolve(call->mountpoint);
	call->mountpoint = mountpoint;
	err = mountpoint ? mountpoint_check(mountpoint, &why)
	                 : reason_oom(&why, -ENOMEM);
	if (!err && !call->foreground && !call->fake) {
		err = background_start(call->failure);
		if (err)
			reason_set(&why, err, "cannot fork: %s",
			           strerror(-err));
	}
	if (err || call->fake) {
		status = err ? fail(call, &why) : 0;
		conf_release(&conf);
	} else {
		signals_block();
		err = deploy_init(&deploy, &conf,
		                  call->foreground ? LOG_TO_STDERR
		                                   : LOG_TO_SYSLOG,
		                  call->opts.allow_other);
		status = err ? call->failure : mount_run(call, &deploy);
		if (!err)
			deploy_release(&deploy);
	}
	free(mountpoint);
	return status;
}

static int call_main(struct call *call, const struct cli_syntax *s,
                     const struct cli_option *options, int argc, char **argv)
{
	int status = options_parse(s, options, argc, argv);

	if (status == OPTIONS_GO_ON &&
	    !call_take_words(call, argv + optind, argc - optind))
		status = options_refuse(s);
	if (status == OPTIONS_GO_ON)
		status = mount_main(call);
	free(call->groups);
	mountopts_release(&call->opts);
	return status;
}

int cli_mount(int argc, char **argv)
{
	struct call call = { .failure = EXIT_FAILURE };
	const struct cli_option options[] = {
		{ 'f', "foreground", no_argument, option_set,
		  &call.foreground },
		{ 'g', "group", required_argument, take_group, &call },
		{ 'o', NULL, required_argument, take_options, &call },
		{ 0 },
	};

	call.groups = calloc((size_t)argc, sizeof(*call.groups));
	if (!call.groups) {
		fputs("dreamfs: out of memory\n", stderr);
		return EXIT_FAILURE;
	}
	return call_main(&call, &syntax, options, argc, argv);
}

int cli_mount_helper(int argc, char **argv)
{
	struct call call = { .helper = true, .failure = HELPER_FAILURE };
	const struct cli_option options[] = {
		{ 'f', NULL, no_argument, option_set, &call.fake },
		{ 'o', NULL, required_argument, take_options, &call },
		/* mount(8)'s, of no concern here. */
		{ 's', NULL, no_argument, NULL, NULL },
		{ 'n', NULL, no_argument, NULL, NULL },
		{ 'v', NULL, no_argument, NULL, NULL },
		{ 'N', NULL, required_argument, NULL, NULL },
		{ 't', NULL, required_argument, NULL, NULL },
		{ 0 },
	};
	int status = call_main(&call, &helper_syntax, options, argc, argv);

	return status == EXIT_USAGE ? HELPER_USAGE : status;
}
