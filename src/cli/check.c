/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/options.h"

#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct cli_syntax syntax = {
	"usage: dreamfs check CONFIG\n",
	"\n"
	"Reads a configuration, says what is wrong with it as FILE:LINE: …,\n"
	"or prints what it comes to: every name with the value in effect.\n"
	"\n"
	"  -h, --help     print this\n"
	"      --version  print the version\n"
	"\n"
	"Exit status: 0 good, 1 something is wrong, 2 usage.\n",
	1, 1
};

static void warn(const char *line)
{
	fprintf(stderr, "dreamfs: warning: %s\n", line);
}

int cli_check(int argc, char **argv)
{
	int status = options_parse(&syntax, NULL, argc, argv);
	struct reason why = { "" };
	struct conf conf;

	if (status != OPTIONS_GO_ON)
		return status;
	if (conf_load(&conf, argv[optind], &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	conf_warn(&conf, warn);
	conf_print(&conf, stdout);
	conf_release(&conf);
	if (fflush(stdout) == 0)
		return 0;
	fprintf(stderr, "dreamfs: cannot print: %s\n", strerror(errno));
	return 1;
}
