/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/warm/run.h"

#include "lib/reason.h"
#include "lib/units.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define THREADS 32 /* as many as a group loads at once, unless it says so */

static const struct cli_syntax syntax = {
	"usage: dreamfs warm [-qv] [-j N] MOUNTPOINT/GROUP [FILE]\n",
	"\n"
	"Loads the keys that FILE, or standard input, lists: file names of\n"
	"keys, one a line, in which a '/' may stand for itself.  What failed\n"
	"is listed at the end.\n"
	"\n"
	"  -j, --jobs N   load so many at once: 1 to 256, by default 32\n"
	"  -q, --quiet    tell only what failed\n"
	"  -v, --verbose  print each key and the size of its value\n"
	"  -h, --help     print this\n"
	"      --version  print the version\n"
	"\n"
	"Exit status: 0 all are loaded, 1 some failed, 2 usage.\n",
	1, 2
};

static int take_jobs(void *to, const char *text)
{
	int *threads = to;
	uint64_t n;

	if (number_parse(text, 10, WARM_THREADS_MAX, &n) == 0 && n) {
		*threads = (int)n;
		return 0;
	}
	fprintf(stderr, "dreamfs: -j '%.40s' is not a number from 1 to %d\n",
	        text, WARM_THREADS_MAX);
	return -EINVAL;
}

/* Only a path: to open it for reading is to have it listed. */
static int group_open(struct warm *w, struct reason *why)
{
	struct statfs fs;
	bool fuse, root;

	w->dir_fd = open(w->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->dir_fd < 0)
		return reason_set(why, -errno, "cannot open '%s': %s", w->dir,
		                  strerror(errno));
	if (fstatfs(w->dir_fd, &fs) < 0)
		return reason_set(why, -errno, "cannot use '%s': %s", w->dir,
		                  strerror(errno));
	/* A root has groups, a group has a getter. */
	fuse = fs.f_type == FUSE_SUPER_MAGIC;
	if (fuse && getxattr(w->dir, "user.dreamfs.getter", NULL, 0) >= 0)
		return 0;
	root = fuse && getxattr(w->dir, "user.dreamfs.groups", NULL, 0) >= 0;
	return reason_set(why, -EINVAL,
	                  root ? "'%s' is all of a mount: name one of the "
	                         "groups in it"
	                       : "'%s' is not a group of a dreamfs mount",
	                  w->dir);
}

/* NULL: standard input. */
static int list_open(struct warm *w, const char *path, struct reason *why)
{
	if (path)
		snprintf(w->list, sizeof(w->list), "'%.400s'", path);
	else
		snprintf(w->list, sizeof(w->list), "standard input");
	w->list_fd = path ? open(path, O_RDONLY | O_CLOEXEC)
	                  : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (w->list_fd < 0)
		return reason_set(why, -errno, "cannot read %s: %s", w->list,
		                  strerror(errno));
	return 0;
}

int cli_warm(int argc, char **argv)
{
	struct warm w = { .threads = THREADS, .dir_fd = -1, .list_fd = -1 };
	const struct cli_option options[] = {
		{ 'j', "jobs", required_argument, take_jobs, &w.threads },
		{ 'q', "quiet", no_argument, option_set, &w.quiet },
		{ 'v', "verbose", no_argument, option_set, &w.verbose },
		{ 0 },
	};
	int status = options_parse(&syntax, options, argc, argv);
	const char *path = NULL;
	struct reason why = { "" };

	if (status != OPTIONS_GO_ON)
		return status;
	w.dir = argv[optind];
	if (argc - optind == 2 && strcmp(argv[optind + 1], "-") != 0)
		path = argv[optind + 1];
	/* In this order: were standard input closed, the group would be it. */
	if (list_open(&w, path, &why) < 0 || group_open(&w, &why) < 0) {
		fprintf(stderr, "dreamfs: %s\n", why.text);
		status = 1;
	} else {
		status = warm_run(&w);
	}
	if (w.dir_fd >= 0)
		close(w.dir_fd);
	if (w.list_fd >= 0)
		close(w.list_fd);
	return status;
}
