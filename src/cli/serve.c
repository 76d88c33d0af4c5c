/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node without a mount: options -> configuration -> node -> run, and down
 * again in reverse.
 */
#include "cli/cli.h"
#include "cli/deploy.h"
#include "cli/options.h"
#include "cli/signals.h"
#include "cli/watchdog.h"

#include "os/sdnotify.h"

#include <stdio.h>
#include <string.h>

static const struct cli_syntax syntax = {
	"usage: dreamfs serve CONFIG\n",
	"\n"
	"Runs a node without a mount, in the foreground: it answers its peers\n"
	"at the address that 'listen' names, and HTTP clients at 'api'.\n"
	"\n"
	"  -h, --help     print this\n"
	"      --version  print the version\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 usage.\n",
	1, 1
};

/* Takes the configuration.  The exit status. */
static int node_serve(struct conf *conf)
{
	struct deploy deploy;
	struct watchdog watchdog;
	int err;

	signals_block();
	if (deploy_init(&deploy, conf, LOG_TO_STDERR, false) < 0)
		return 1;
	err = watchdog_start(&watchdog, &deploy, NULL, "");
	if (err) {
		log_error("cannot start a thread: %s", strerror(-err));
	} else {
		deploy_ready(&deploy);
		sdnotify("READY=1");
		signals_serve(&deploy);
		watchdog_stop(&watchdog);
	}
	deploy_release(&deploy);
	return err ? 1 : 0;
}

int cli_serve(int argc, char **argv)
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
	if (conf.node.listen || conf.node.api)
		return node_serve(&conf);
	log_error("'%s' has nothing to serve: node needs 'listen' or 'api'",
	          argv[optind]);
	conf_release(&conf);
	return 1;
}
