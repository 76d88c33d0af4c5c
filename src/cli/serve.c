/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node without a mount: options -> configuration -> node -> run, and down
 * again in reverse.
 */
#include "cli/cli.h"
#include "cli/deploy.h"
#include "cli/signals.h"
#include "cli/words.h"

#include "sdnotify.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

static const char usage[] = "usage: dreamfs serve CONFIG\n";
static const char help[] =
        "\n"
        "Runs a node without a mount, in the foreground: it answers its peers\n"
        "at the address that 'listen' names, and HTTP clients at 'api'.\n"
        "\n"
        "  -h, --help     print this\n"
        "      --version  print the version\n"
        "\n"
        "Exit status: 0 success, 1 failure, 2 usage.\n";

/* Takes the configuration. */
static int conf_serve(struct conf *conf, struct reason *why)
{
	struct deploy deploy;
	int err;

	log_set_level(conf->node.log);
	signals_block();
	err = deploy_init(&deploy, conf, why);
	if (err)
		return err;
	deploy_ready(&deploy);
	sdnotify("READY=1");
	signals_serve(&deploy);
	deploy_release(&deploy);
	return 0;
}

static int node_serve(const char *path)
{
	struct reason why = { "" };
	struct conf conf;

	if (conf_load(&conf, path, &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	if (!conf.node.listen && !conf.node.api) {
		log_error("'%s' has nothing to serve: node needs 'listen' or "
		          "'api'",
		          path);
		conf_release(&conf);
		return 1;
	}
	if (conf_serve(&conf, &why) == 0)
		return 0;
	log_error("%s", why.text);
	return 1;
}

int cli_serve(int argc, char **argv)
{
	int status = cli_words(argc, argv, usage, help, 1, 1);

	if (status != CLI_GO_ON)
		return status;
	return node_serve(argv[optind]);
}
