/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node without a mount: options -> configuration -> node -> run, and down
 * again in reverse.
 */
#include "cli/cli.h"
#include "cli/deploy.h"
#include "cli/options.h"
#include "cli/service.h"
#include "cli/signals.h"
#include "cli/watchdog.h"

#include "os/sdnotify.h"

#include <errno.h>
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

/* Takes the configuration. */
static int conf_serve(struct conf *conf, struct reason *why)
{
	struct deploy deploy;
	struct watchdog *watchdog;
	int err;

	err = deploy_init(&deploy, conf, why);
	if (err)
		return err;
	deploy_warn_of_root(&deploy.conf, false);
	err = watchdog_start(&watchdog, &deploy, NULL, "");
	if (err) {
		deploy_release(&deploy);
		return reason_set(why, err, "cannot start a thread: %s",
		                  strerror(-err));
	}
	deploy_ready(&deploy);
	sdnotify("READY=1");
	signals_serve(&deploy);
	watchdog_stop(watchdog);
	deploy_release(&deploy);
	return 0;
}

static int node_serve(const char *path)
{
	struct reason why = { "" };
	struct conf conf;
	int status = 1;

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
	service_begin(&conf, LOG_TO_STDERR);
	if (conf_serve(&conf, &why) == 0)
		status = 0;
	else
		log_error("%s", why.text);
	service_end();
	return status;
}

int cli_serve(int argc, char **argv)
{
	int status = options_parse(&syntax, NULL, argc, argv);

	if (status != OPTIONS_GO_ON)
		return status;
	return node_serve(argv[optind]);
}
