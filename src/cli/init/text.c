/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/init/priv.h"

#include "conf/conf.h"
#include "conf/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH        80
#define ABOUT_COLUMN 42 /* where what a setting is stands, if it can */
#define PEERS_MAX    1024

/* Self and the others, each once; what they are is checked later. */
static void peers_print(const struct answers *a, FILE *out)
{
	char others[ANSWER_MAX], *rest = others, *word;
	const char *self = a->text[ANSWER_SELF];
	char *peers[PEERS_MAX] = { (char *)self };
	size_t n = 1;

	memcpy(others, a->text[ANSWER_OTHERS], sizeof(others));
	while ((word = strsep(&rest, " \t,")) && n < PEERS_MAX)
		if (*word && strcmp(word, self) != 0)
			peers[n++] = word;
	option_list_print(peers, n, out);
}

/* What was answered; NULL: nothing. */
static const char *answer_find(const struct answers *a, const char *name)
{
	const struct {
		const char *name;
		enum answer answer;
	} all[] = {
		{ a->text[ANSWER_GETTER], ANSWER_SOURCE },
		{ "capacity", ANSWER_CAPACITY },
		{ "ttl", ANSWER_TTL },
		{ "listen", ANSWER_LISTEN },
		{ "self", ANSWER_SELF },
		{ "peers", ANSWER_SELF },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(name, all[i].name) == 0 && *a->text[all[i].answer])
			return a->text[all[i].answer];
	return NULL;
}

/* "    name            = value": the same columns whether it is a comment or
 * not, so that taking the '#' away is enough to have it in effect. */
static void setting_print(const struct answers *a, const struct option_def *opt,
                          FILE *out)
{
	const char *answer = answer_find(a, opt->name);
	const char *shown = opt->fallback ? opt->fallback : opt->example;
	bool list = opt->type->list;

	fprintf(out, "%c   %-15s = ", answer ? ' ' : '#', opt->name);
	if (list && answer) {
		peers_print(a, out);
		return;
	}
	fputs(list ? "{ " : "", out);
	option_word_print(answer ? answer : shown, out);
	fputs(list ? " }" : "", out);
}

/* What it is for stands beside it or, if that is too wide, above: then the
 * line is written once more, over itself. */
static void option_show(const struct answers *a, const struct option_def *opt,
                        FILE *out)
{
	long start = ftell(out);
	int width, pad;

	if (!opt->fallback && !opt->example && !answer_find(a, opt->name)) {
		fprintf(out, "    # %s: %s\n", opt->name, opt->about);
		return;
	}
	setting_print(a, opt, out);
	width = (int)(ftell(out) - start);
	pad = width < ABOUT_COLUMN ? ABOUT_COLUMN - width : 0;
	if (width + pad + 3 + (int)strlen(opt->about) <= WIDTH) {
		fprintf(out, "%*s # %s\n", pad, "", opt->about);
		return;
	}
	fseek(out, start, SEEK_SET);
	fprintf(out, "    # %s:\n", opt->about);
	setting_print(a, opt, out);
	putc('\n', out);
}

static void table_show(const struct answers *a, const struct option_def *table,
                       FILE *out)
{
	for (; table && table->name; table++)
		option_show(a, table, out);
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
        "\n"
        "group ";

char *init_text(const struct answers *a, size_t *len)
{
	const struct getter_ops *ops = getter_ops_find(a->text[ANSWER_GETTER]);
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		return NULL;
	fputs(head, out);
	table_show(a, confnode_options, out);
	fputs(between, out);
	option_word_print(a->text[ANSWER_NAME], out);
	fputs(" {\n", out);
	option_show(a, &ops->source, out);
	table_show(a, confgroup_options, out);
	table_show(a, ops->options, out);
	fputs("}\n", out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

void answers_default(struct answers *a)
{
	const struct option_def *first = &getter_table[0]->source;
	const char *const all[ANSWERS] = {
		[ANSWER_GETTER] = first->name, [ANSWER_SOURCE] = first->example,
		[ANSWER_NAME] = "hello",       [ANSWER_CAPACITY] = "64M",
		[ANSWER_TTL] = "5m",
	};

	for (size_t i = 0; i < ANSWERS; i++)
		snprintf(a->text[i], ANSWER_MAX, "%s", all[i] ? all[i] : "");
}

/* In memory, so that nothing is left behind. */
int init_check(const struct answers *a, struct reason *why)
{
	struct reason wrong = { "out of memory" };
	const char *what = wrong.text;
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
	if (!err)
		return 0;
	/* The place is of no use to who has not seen the file. */
	if (strncmp(what, path, strlen(path)) == 0) {
		what += strlen(path);
		what += strspn(what, ":0123456789");
		what += strspn(what, " ");
	}
	return reason_set(why, err, "%s", what);
}
