/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/ring_print.h"

#include "conf/conf.h"

#include <errno.h>
#include <stdio.h>

static const struct cli_syntax syntax = {
	"usage: dreamfs ring CONFIG [NAME...]\n",
	"\n"
	"Says which peer owns a key: for each NAME, the file name of a key,\n"
	"a line NAME<TAB>OWNER; '-' stands for names on standard input, one\n"
	"a line.  Without NAME, each peer's share of all keys.  Every peer\n"
	"is taken to be up.\n"
	"\n"
	"  -h, --help     print this\n"
	"      --version  print the version\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 usage.\n",
	1, WORDS_ANY
};

static int conf_ring(struct ring **out, const struct conf *conf,
                     struct reason *why)
{
	const struct conf_node *n = &conf->node;

	if (!n->peer_count)
		return reason_set(why, -EINVAL, "'%s' has no peers",
		                  conf->path);
	return ring_create(out, n->placement, (const char *const *)n->peers,
	                   n->peer_count, n->self, (unsigned int)n->replicas,
	                   why);
}

static int ring_show(const char *path, char *const *names, int count)
{
	struct reason why = { "" };
	struct ring *ring = NULL;
	struct conf conf;
	int err = conf_load(&conf, path, &why);

	if (err) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	err = conf_ring(&ring, &conf, &why);
	conf_release(&conf);
	if (!err) {
		err = count ? cli_ring_owners(ring, (const char *const *)names,
		                              (size_t)count, stdin, stdout,
		                              &why)
		            : cli_ring_shares(ring, stdout, &why);
		ring_unref(ring);
	}
	if (err)
		fprintf(stderr, "dreamfs: %s\n", why.text);
	return err ? 1 : 0;
}

int cli_ring(int argc, char **argv)
{
	int status = options_parse(&syntax, NULL, argc, argv);

	if (status != OPTIONS_GO_ON)
		return status;
	return ring_show(argv[optind], argv + optind + 1, argc - optind - 1);
}
