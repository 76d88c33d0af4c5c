/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/words.h"

#include <getopt.h>
#include <stdio.h>

int cli_words(int argc, char **argv, const char *usage, const char *help,
              int least, int most)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int c;

	optind = 0; /* main has been here before */
	c = getopt_long(argc, argv, "h", options, NULL);
	if (c == 'h') {
		printf("%s%s", usage, help);
		return 0;
	}
	if (c == 'V') {
		puts("dreamfs " DREAMFS_VERSION);
		return 0;
	}
	if (c == -1 && argc - optind >= least && argc - optind <= most)
		return CLI_GO_ON;
	fputs(usage, stderr);
	return 2;
}
