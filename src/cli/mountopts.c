/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/mountopts.h"

#include "lib/units.h"

#include <errno.h>
#include <fuse_opt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 65536 /* bytes for libfuse */

enum { MAX_THREADS, MAX_IDLE_THREADS };

#define FSTAB(name) FUSE_OPT_KEY(name, FUSE_OPT_KEY_DISCARD)

static const struct fuse_opt options[] = {
	{ "config=%s", offsetof(struct mountopts, config), 0 },
	{ "clone_fd", offsetof(struct mountopts, clone_fd), 1 },
	FUSE_OPT_KEY("max_threads=", MAX_THREADS),
	FUSE_OPT_KEY("max_idle_threads=", MAX_IDLE_THREADS),
	/* Words of fstab that the mount command or the service manager acts
	 * on, or that name what is the case anyway. */
	FSTAB("defaults"),
	FSTAB("auto"),
	FSTAB("noauto"),
	FSTAB("user"),
	FSTAB("nouser"),
	FSTAB("users"),
	FSTAB("owner"),
	FSTAB("group"),
	FSTAB("nofail"),
	FSTAB("_netdev"),
	FSTAB("atime"),
	FSTAB("relatime"),
	FSTAB("diratime"),
	FSTAB("norelatime"),
	FSTAB("lazytime"),
	FSTAB("nolazytime"),
	FSTAB("loud"),
	FSTAB("silent"),
	FSTAB("comment="),
	FUSE_OPT_END
};

void mountopts_release(struct mountopts *o)
{
	free(o->config);
	free(o->fuse);
}

/* libfuse's parser asks with every option that it does not set by itself: 0,
 * or -1 to end it. */
static int take(void *data, const char *option, int key, struct fuse_args *rest)
{
	struct mountopts *o = data;
	uint64_t n;

	(void)rest;
	if (key == MAX_THREADS || key == MAX_IDLE_THREADS) {
		if (number_parse(strchr(option, '=') + 1, 10, 1024, &n) < 0 ||
		    n < 1) {
			reason_set(o->why, -EINVAL,
			           "option '%s': expected a number from 1 to "
			           "1024",
			           option);
			return -1;
		}
		*(key == MAX_THREADS ? &o->max_threads : &o->max_idle_threads) =
		        (unsigned int)n;
		return 0;
	}
	if (!*option || strncmp(option, "x-", 2) == 0 ||
	    strncmp(option, "X-", 2) == 0)
		return 0;
	if (strcmp(option, "allow_other") == 0)
		o->allow_other = true;
	return fuse_opt_add_opt_escaped(&o->fuse, option);
}

int mountopts_add(struct mountopts *o, const char *text, struct reason *why)
{
	char *argv[] = { "dreamfs", "-o", (char *)text, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, argv);
	int err;

	o->why = why;
	err = fuse_opt_parse(&args, o, options, take);
	fuse_opt_free_args(&args);
	if (err)
		return why->text[0] ? -EINVAL : reason_oom(why, -ENOMEM);
	if (o->fuse && strlen(o->fuse) > OPTIONS_MAX)
		return reason_set(why, -EFBIG, "too many mount options");
	return 0;
}
