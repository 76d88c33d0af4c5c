/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/init/newfile.h"
#include "cli/init/priv.h"
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_syntax syntax = {
	"usage: dreamfs init [-f] [--defaults] [FILE]\n",
	"\n"
	"Writes a configuration to start with, full of comments, to FILE: by\n"
	"default dreamfs.conf here; '-' is standard output.  On a terminal it\n"
	"asks what to serve first.\n"
	"\n"
	"  -f, --force     replace a file that is there already\n"
	"      --defaults  ask nothing\n"
	"  -h, --help      print this\n"
	"      --version   print the version\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 usage.\n",
	0, 1
};

struct init {
	const char *path; /* NULL: standard output */
	bool force, ask;
	FILE *talk; /* where we speak: not into the text */
};

/* A path, such that a shell takes it as it is. */
static void path_print(const char *path, FILE *out)
{
	static const char plain[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	        "0123456789./_-+,:@%";

	if (path[strspn(path, plain)] == '\0') {
		fputs(path, out);
		return;
	}
	putc('\'', out);
	for (; *path; path++)
		if (*path == '\'')
			fputs("'\\''", out);
		else
			putc(*path, out);
	putc('\'', out);
}

/* What to type now. */
static void next_tell(const struct init *init, const struct answers *a)
{
	const char *dir = geteuid() == 0 ? "/mnt/dream" : "~/dream";

	fprintf(init->talk, "Wrote %s.  Next:\n\n    dreamfs check ",
	        init->path);
	path_print(init->path, init->talk);
	fprintf(init->talk, "\n    mkdir -p %s\n    dreamfs ", dir);
	path_print(init->path, init->talk);
	fprintf(init->talk, " %s\n    cat %s/", dir, dir);
	path_print(a->text[ANSWER_NAME], init->talk);
	fputs("/world\n", init->talk);
}

static int text_put(const struct init *init, const char *text, size_t len)
{
	if (init->path)
		return newfile_write(init->path, text, len, init->force);
	fwrite(text, 1, len, stdout);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : -EIO;
}

static int init_write(const struct init *init, const struct answers *a)
{
	size_t len;
	char *text = init_text(a, &len);
	int err = text ? text_put(init, text, len) : -ENOMEM;

	free(text);
	if (!err) {
		if (init->path)
			next_tell(init, a);
		return 0;
	}
	fprintf(stderr, "dreamfs: cannot write '%s': %s%s\n",
	        init->path ? init->path : "standard output",
	        err == -EINVAL ? "not a regular file" : strerror(-err),
	        err == -EEXIST ? "; --force replaces it" : "");
	return 1;
}

/* Before anything is asked in vain. */
static int init_run(struct init *init)
{
	struct answers *a = calloc(1, sizeof(*a));
	int status = 1;

	if (!a) {
		fputs("dreamfs: out of memory\n", stderr);
		return 1;
	}
	answers_default(a);
	init->talk = init->path ? stdout : stderr;
	init->ask =
	        init->ask && isatty(STDIN_FILENO) && isatty(fileno(init->talk));
	if (init->ask && init->path && !init->force &&
	    access(init->path, F_OK) == 0)
		init->force = ask_replace(init->path, init->talk);
	if (init->path && !init->force && access(init->path, F_OK) == 0)
		fprintf(stderr, "dreamfs: '%s' is there already%s\n",
		        init->path, init->ask ? "" : "; --force replaces it");
	else if (!init->ask || ask_all(a, init->talk))
		status = init_write(init, a);
	else
		fputs("\ndreamfs: nothing was written\n", stderr);
	free(a);
	return status;
}

int cli_init(int argc, char **argv)
{
	struct init init = { .path = "dreamfs.conf" };
	bool defaults = false;
	const struct cli_option options[] = {
		{ 'f', "force", no_argument, option_set, &init.force },
		{ 0, "defaults", no_argument, option_set, &defaults },
		{ 0 },
	};
	int status = options_parse(&syntax, options, argc, argv);

	if (status != OPTIONS_GO_ON)
		return status;
	if (optind < argc && !*argv[optind])
		return options_refuse(&syntax);
	if (optind < argc)
		init.path =
		        strcmp(argv[optind], "-") == 0 ? NULL : argv[optind];
	init.ask = !defaults;
	return init_run(&init);
}
