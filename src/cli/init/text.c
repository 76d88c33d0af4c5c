/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/init/text.h"

#include "conf/conf.h"
#include "conf/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH        80
#define ABOUT_COLUMN 42 /* where what a setting is stands, if it can */
#define PEERS_MAX    1024

/* ---- one line ---- */

/* Self and the others, each once; what they are is checked later. */
static void peers_print(const struct answers *a, FILE *out)
{
	char others[ANSWER_MAX], *rest = others, *word;
	char *peers[PEERS_MAX];
	size_t n = 0;

	memcpy(others, a->others, sizeof(others));
	peers[n++] = (char *)a->self;
	while ((word = strsep(&rest, " \t,")) && n < PEERS_MAX)
		if (*word && strcmp(word, a->self) != 0)
			peers[n++] = word;
	option_list_print(peers, n, out);
}

/* What was answered; NULL: nothing. */
static const char *answer_find(const struct answers *a,
                               const struct option_def *opt)
{
	const struct {
		const char *name, *answer;
	} all[] = {
		{ a->getter, a->source }, { "capacity", a->capacity },
		{ "ttl", a->ttl },        { "listen", a->listen },
		{ "self", a->self },      { "peers", a->self },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(opt->name, all[i].name) == 0)
			return *all[i].answer ? all[i].answer : NULL;
	return NULL;
}

/* "    name            = value"; NULL: it makes no sense alone. */
static void setting_print(const struct answers *a, const struct option_def *opt,
                          FILE *out)
{
	const char *answer = answer_find(a, opt);
	const char *value = answer          ? answer
	                    : opt->fallback ? opt->fallback
	                                    : opt->example;

	fprintf(out, "%c   %-15s = ", answer ? ' ' : '#', opt->name);
	if (opt->type->list && answer) {
		peers_print(a, out);
		return;
	}
	fputs(opt->type->list ? "{ " : "", out);
	option_word_print(value, out);
	fputs(opt->type->list ? " }" : "", out);
}

/* The same columns whether it is a comment or not: taking the '#' away is
 * enough to have it in effect.  What it is for stands beside it, or above. */
static int option_show(const struct answers *a, const struct option_def *opt,
                       FILE *out)
{
	char *text = NULL;
	size_t len;
	FILE *line;

	if (!opt->fallback && !opt->example && !answer_find(a, opt)) {
		fprintf(out, "    # %s: %s\n", opt->name, opt->about);
		return 0;
	}
	line = open_memstream(&text, &len);
	if (!line)
		return -ENOMEM;
	setting_print(a, opt, line);
	if (fclose(line) != 0) {
		free(text);
		return -ENOMEM;
	}
	if (len + strlen(opt->about) + 3 > WIDTH ||
	    strlen(opt->about) + ABOUT_COLUMN + 3 > WIDTH)
		fprintf(out, "    # %s:\n%s\n", opt->about, text);
	else
		fprintf(out, "%-*s # %s\n", ABOUT_COLUMN, text, opt->about);
	free(text);
	return 0;
}

/* ---- all of it ---- */

static int table_show(const struct answers *a, const struct option_def *table,
                      FILE *out)
{
	int err = 0;

	for (; table && table->name && !err; table++)
		err = option_show(a, table, out);
	return err;
}

static int group_show(const struct answers *a, FILE *out)
{
	const struct getter_ops *ops = getter_ops_find(a->getter);
	int err = option_show(a, &ops->source, out);

	if (!err)
		err = table_show(a, confgroup_options, out);
	return err ? err : table_show(a, ops->options, out);
}

static const char head[] =
        "# A configuration of dreamfs; dreamfs.conf(5) tells all of it.\n"
        "#\n"
        "# What has a '#' in front is not in effect: it shows the default or,\n"
        "# where there is none, an example.  When you have changed something:\n"
        "#\n"
        "#     dreamfs check FILE         is it right, and what is in effect?\n"
        "#     dreamfs FILE MOUNTPOINT    mount it\n"
        "#\n"
        "# Sizes are 512K, 64M, 2G, durations 250ms, 30s, 5m, 1h, 7d.\n"
        "\n"
        "node {\n";
static const char between[] =
        "}\n"
        "\n"
        "# What several groups have in common can be said once, in a block\n"
        "# defaults { }.  A group is a directory; reading a file in it gets\n"
        "# the value of the key of that name, from where the group says.\n"
        "\n";

char *init_text(const struct answers *a, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	int err;

	if (!out)
		return NULL;
	fputs(head, out);
	err = table_show(a, confnode_options, out);
	fprintf(out, "%sgroup ", between);
	option_word_print(a->name, out);
	fputs(" {\n", out);
	if (!err)
		err = group_show(a, out);
	fputs("}\n", out);
	if (fclose(out) == 0 && !err)
		return text;
	free(text);
	return NULL;
}

void answers_default(struct answers *a)
{
	*a = (struct answers){ .name = "hello",
		               .capacity = "64M",
		               .ttl = "5m" };
	snprintf(a->getter, sizeof(a->getter), "%s",
	         getter_table[0]->source.name);
	snprintf(a->source, sizeof(a->source), "%s",
	         getter_table[0]->source.example);
}

/* The place is of no use to who has not seen the file. */
static const char *place_skip(const char *text, const char *path)
{
	size_t len = strlen(path);

	if (strncmp(text, path, len) != 0)
		return text;
	for (text += len; *text == ':' || isdigit((unsigned char)*text); text++)
		continue;
	return text + strspn(text, " ");
}

/* In memory, so that nothing is left behind. */
int init_check(const struct answers *a, struct reason *why)
{
	struct reason wrong = { "out of memory" };
	char path[64], *text;
	struct conf conf;
	int fd, err = -ENOMEM;
	size_t len;

	text = init_text(a, &len);
	fd = memfd_create("dreamfs.conf", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (text && fd >= 0 && write(fd, text, len) == (ssize_t)len)
		err = conf_load(&conf, path, &wrong);
	if (!err)
		conf_release(&conf);
	if (fd >= 0)
		close(fd);
	free(text);
	return err ? reason_set(why, err, "%s", place_skip(wrong.text, path))
	           : 0;
}
