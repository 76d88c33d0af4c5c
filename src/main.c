/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which command it is: by the name we were called by, or the first word. */
#include "cli/cli.h"

#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "check", cli_check }, { "init", cli_init },   { "ring", cli_ring },
	{ "serve", cli_serve }, { "stats", cli_stats }, { "warm", cli_warm },
};

int main(int argc, char **argv)
{
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc ? argv[0] : "";

	/* mount(8) calls its helpers mount.TYPE. */
	if (strncmp(name, "mount.", 6) == 0)
		return cli_mount_helper(argc, argv);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc > 1 && strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return cli_mount(argc, argv);
}
