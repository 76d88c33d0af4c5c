/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/warm/run.h"

#include "lib/reason.h"
#include "lib/units.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define THREADS 32 /* as many as a group loads at once, unless it says so */

static const char usage[] =
        "usage: dreamfs warm [-qv] [-j N] MOUNTPOINT/GROUP [FILE]\n";
static const char help[] =
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
        "Exit status: 0 all are loaded, 1 some failed, 2 usage.\n";

static const struct option long_options[] = {
	{ "jobs", required_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* -1; or the exit status when all was said. */
static int option_take(struct warm *w, int c)
{
	uint64_t n;

	switch (c) {
	case 'j':
		if (number_parse(optarg, 10, WARM_THREADS_MAX, &n) < 0 || !n) {
			fprintf(stderr,
			        "dreamfs: -j '%.40s' is not a number from 1 "
			        "to %d\n",
			        optarg, WARM_THREADS_MAX);
			return 2;
		}
		w->threads = (int)n;
		return -1;
	case 'q':
		w->quiet = true;
		return -1;
	case 'v':
		w->verbose = true;
		return -1;
	case 'h':
		printf("%s%s", usage, help);
		return 0;
	case 'V':
		puts("dreamfs " DREAMFS_VERSION);
		return 0;
	default:
		fputs(usage, stderr);
		return 2;
	}
}

/* A root has groups, a group has a getter. */
static int group_check(const struct warm *w, struct reason *why)
{
	struct statfs fs;
	bool fuse, root;

	if (fstatfs(w->dir_fd, &fs) < 0)
		return reason_set(why, -errno, "cannot use '%s': %s", w->dir,
		                  strerror(errno));
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

/* Only a path: to open it for reading is to have it listed. */
static int group_open(struct warm *w, struct reason *why)
{
	w->dir_fd = open(w->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->dir_fd < 0)
		return reason_set(why, -errno, "cannot open '%s': %s", w->dir,
		                  strerror(errno));
	return group_check(w, why);
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

static int group_warm(struct warm *w, const char *path)
{
	struct reason why = { "" };
	int status = 1;

	/* In this order: were standard input closed, the group would be it. */
	if (list_open(w, path, &why) < 0 || group_open(w, &why) < 0)
		fprintf(stderr, "dreamfs: %s\n", why.text);
	else
		status = warm_run(w);
	if (w->dir_fd >= 0)
		close(w->dir_fd);
	if (w->list_fd >= 0)
		close(w->list_fd);
	return status;
}

int cli_warm(int argc, char **argv)
{
	struct warm w = { .threads = THREADS, .dir_fd = -1, .list_fd = -1 };
	const char *path = NULL;
	int c, status = -1;

	optind = 0; /* main has been here before */
	while (status < 0 &&
	       (c = getopt_long(argc, argv, "j:qvh", long_options, NULL)) >= 0)
		status = option_take(&w, c);
	if (status < 0 && (argc - optind < 1 || argc - optind > 2))
		status = option_take(&w, '?');
	if (status >= 0)
		return status;
	w.dir = argv[optind];
	if (argc - optind == 2 && strcmp(argv[optind + 1], "-") != 0)
		path = argv[optind + 1];
	return group_warm(&w, path);
}
