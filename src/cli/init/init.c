/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
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

/* A path, such that a shell takes it as it is. */
static void path_print(const char *path)
{
	static const char plain[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	        "0123456789./_-+,:@%";
	const char *quote = path[strspn(path, plain)] ? "'" : "";

	fputs(quote, stdout);
	for (; *path; path++)
		if (*path == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*path);
	fputs(quote, stdout);
}

/* What to type now. */
static void next_tell(const char *path, const struct answers *a)
{
	const char *dir = geteuid() == 0 ? "/mnt/dream" : "~/dream";

	printf("Wrote %s.  Next:\n\n    dreamfs check ", path);
	path_print(path);
	printf("\n    mkdir -p %s\n    dreamfs ", dir);
	path_print(path);
	printf(" %s\n    cat %s/", dir, dir);
	path_print(a->text[ANSWER_NAME]);
	puts("/world");
}

/* `path` NULL: to standard output.  The exit status. */
static int init_write(const char *path, bool force, const struct answers *a)
{
	size_t len;
	char *text = init_text(a, &len);
	int err = 0;

	if (!text)
		err = -ENOMEM;
	else if (path)
		err = newfile_write(path, text, len, force);
	else if (fwrite(text, 1, len, stdout) < len || fflush(stdout) != 0)
		err = -EIO;
	free(text);
	if (!err && path)
		next_tell(path, a);
	if (!err)
		return 0;
	fprintf(stderr, "dreamfs: cannot write '%s': %s%s\n",
	        path ? path : "standard output",
	        err == -EINVAL ? "not a regular file" : strerror(-err),
	        err == -EEXIST ? "; --force replaces it" : "");
	return 1;
}

int cli_init(int argc, char **argv)
{
	const char *path = "dreamfs.conf";
	bool force = false, defaults = false, asks;
	const struct cli_option options[] = {
		{ 'f', "force", no_argument, option_set, &force },
		{ 0, "defaults", no_argument, option_set, &defaults },
		{ 0 },
	};
	int status = options_parse(&syntax, options, argc, argv);
	struct answers answers = { 0 };
	FILE *talk; /* where we speak: not into the text */

	if (status != OPTIONS_GO_ON)
		return status;
	if (optind < argc && !*argv[optind])
		return options_refuse(&syntax);
	if (optind < argc)
		path = strcmp(argv[optind], "-") == 0 ? NULL : argv[optind];
	talk = path ? stdout : stderr;
	asks = !defaults && isatty(STDIN_FILENO) && isatty(fileno(talk));
	answers_default(&answers);
	/* Before anything is asked in vain. */
	if (asks && path && !force && access(path, F_OK) == 0)
		force = ask_replace(path, talk);
	if (path && !force && access(path, F_OK) == 0)
		fprintf(stderr, "dreamfs: '%s' is there already%s\n", path,
		        asks ? "" : "; --force replaces it");
	else if (!asks || ask_all(&answers, talk))
		return init_write(path, force, &answers);
	else
		fputs("\ndreamfs: nothing was written\n", stderr);
	return 1;
}
