/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/options.h"

#include "conf/conf.h"
#include "peer/placement/ring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A key of the maximum length, every byte encoded. */
#define NAME_LEN_MAX ((size_t)3 * KEY_MAX)

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

/* The file name of a key (key.h); `key` has room for NAME_LEN_MAX bytes. */
static int owner_print(const struct ring *r, const char *name, size_t len,
                       char *key, struct reason *why)
{
	size_t n = len <= NAME_LEN_MAX ? key_from_name(name, len, key) : len;
	size_t owner;

	if (n > KEY_MAX)
		return reason_set(why, -ENAMETOOLONG,
		                  "name '%.40s' is too long for a key", name);
	owner = placement_owner(&r->placement, key_of(key, n), NULL);
	fwrite(name, 1, len, stdout);
	printf("\t%s\n", r->names[owner]);
	return 0;
}

/* Of each line on standard input, the last with a newline or without. */
static int lines_print(const struct ring *r, char *key, struct reason *why)
{
	static char line[NAME_LEN_MAX + 2];
	size_t len = 0;
	int c, err = 0;

	while (!err && ((c = getchar_unlocked()) != EOF || len)) {
		if (ferror(stdin))
			break;
		if (c != EOF && c != '\n')
			line[len++] = (char)c;
		if (c == EOF || c == '\n' || len > NAME_LEN_MAX) {
			err = owner_print(r, line, len, key, why);
			len = 0;
		}
	}
	if (ferror(stdin))
		return reason_set(why, -EIO, "cannot read names: %s",
		                  strerror(errno));
	return err;
}

/* The shares, or the owners of the names; what came before a bad name is
 * printed. */
static int ring_print(const struct ring *r, char *const *names, int count,
                      struct reason *why)
{
	static char key[NAME_LEN_MAX];
	int err = 0;

	for (size_t i = 0; !count && i < r->count; i++)
		printf("%s\t%.2f%%\n", r->names[i], 100 * r->shares[i]);
	for (int i = 0; !err && i < count; i++)
		err = strcmp(names[i], "-") == 0
		              ? lines_print(r, key, why)
		              : owner_print(r, names[i], strlen(names[i]), key,
		                            why);
	if (!err && (fflush(stdout) != 0 || ferror(stdout)))
		err = reason_set(why, -EIO, "cannot write the ring: %s",
		                 strerror(errno));
	return err;
}

int cli_ring(int argc, char **argv)
{
	int status = options_parse(&syntax, NULL, argc, argv), err;
	struct reason why = { "" };
	struct ring *ring = NULL;
	struct conf conf;
	const struct conf_node *n = &conf.node;

	if (status != OPTIONS_GO_ON)
		return status;
	if (conf_load(&conf, argv[optind], &why) != 0) {
		fprintf(stderr, "%s\n", why.text);
		return 1;
	}
	err = n->peers.count ? ring_create(&ring, n->placement,
	                                   (const char *const *)n->peers.items,
	                                   n->peers.count, n->self,
	                                   (unsigned int)n->replicas, &why)
	                     : reason_set(&why, -EINVAL, "'%s' has no peers",
	                                  conf.path);
	conf_release(&conf);
	if (ring)
		err = ring_print(ring, argv + optind + 1, argc - optind - 1,
		                 &why);
	ring_unref(ring);
	if (err)
		fprintf(stderr, "dreamfs: %s\n", why.text);
	return err ? 1 : 0;
}
