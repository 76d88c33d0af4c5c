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

/* What is worth saying of a setting beside its name; `example` where it has no
 * default.  Settings without a line here stand there by themselves. */
static const struct about {
	const char *name, *example, *text;
} abouts[] = {
	{ "listen", "127.0.0.1:7246", "where peers reach this node" },
	{ "api", "127.0.0.1:8080", "HTTP for everybody else" },
	{ "self", "http://127.0.0.1:7246", "its name, one of the peers" },
	{ "peers", "http://127.0.0.1:7246", "the same on every node" },
	{ "protocol", NULL, "or dreamemo: the other peers'" },
	{ "codec", NULL, "or thrift, with dreamemo" },
	{ "placement", "rendezvous", "if all are dreamfs: more even" },
	{ "peer_timeout", NULL, "then it is done without them" },
	{ "health_interval", NULL, "how often they are looked at" },
	{ "drain", "0", "served so long when leaving" },
	{ "log", NULL, "error | warn | info | debug" },
	{ "log_format", NULL, "or json" },
	{ "command", NULL,
	  "words, not for a shell; {key} and {group} are filled in" },
	{ "url", NULL, "{key} encodes a '/', {+key} keeps it" },
	{ "redis", NULL, "redis, rediss or unix; USER:PASSWORD@ before HOST" },
	{ "capacity", NULL, "memory; then some must go" },
	{ "policy", NULL, "which go: see dreamfs.conf(5)" },
	{ "ttl", NULL, "how long it is fresh; 0: for ever" },
	{ "negative_ttl", NULL, "the same of \"no such key\"" },
	{ "stale", NULL, "after ttl, while renewed or failing" },
	{ "timeout", NULL, "how long a reader waits" },
	{ "max_value", NULL, "larger: EFBIG" },
	{ "kernel_cache", NULL, "how long the kernel may not ask" },
	{ "loads", NULL, "how many run at once" },
	{ "hot", NULL, "share of peers' answers kept here" },
	{ "mode", NULL, "who may read" },
	{ "uid", "root", "whose files they are" },
	{ "gid", "root", NULL },
	{ "not_found_exit", NULL, "exit status of \"no such key\"" },
	{ "user", "nobody", "whom the command runs as" },
	{ "header", "Accept-Language: en", "of each request" },
	{ "header_file", "/etc/dreamfs/headers", "the same, for secrets" },
	{ "netrc", "/etc/dreamfs/netrc", "users and passwords" },
	{ "user_agent", "dreamfs", NULL },
	{ "ca_file", "/etc/ssl/certs/ca-certificates.crt", NULL },
	{ "cert_file", "/etc/dreamfs/client.crt", NULL },
	{ "key_file", "/etc/dreamfs/client.key", NULL },
	{ "insecure", NULL, "yes: any certificate will do" },
	{ "retries", NULL, "after the first attempt" },
	{ "proxy", "http://127.0.0.1:3128", NULL },
};

static const struct about *about_find(const char *name)
{
	static const struct about none = { NULL, NULL, NULL };

	for (size_t i = 0; i < sizeof(abouts) / sizeof(abouts[0]); i++)
		if (strcmp(abouts[i].name, name) == 0)
			return &abouts[i];
	return &none;
}

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
	conftype_strings_print(peers, n, out);
}

/* What was answered; NULL: nothing. */
static const char *answer_find(const struct answers *a,
                               const struct confopt *opt)
{
	const char *answer = "";

	if (opt->where == CONFOPT_SOURCE && strcmp(opt->name, a->getter) == 0)
		answer = a->source;
	else if (strcmp(opt->name, "capacity") == 0)
		answer = a->capacity;
	else if (strcmp(opt->name, "ttl") == 0)
		answer = a->ttl;
	else if (strcmp(opt->name, "listen") == 0)
		answer = a->listen;
	else if (strcmp(opt->name, "self") == 0 ||
	         strcmp(opt->name, "peers") == 0)
		answer = a->self;
	return *answer ? answer : NULL;
}

static void value_print(const struct answers *a, const struct confopt *opt,
                        const char *value, FILE *out)
{
	if (!opt->type->list) {
		conftype_word_print(value, out);
	} else if (answer_find(a, opt)) {
		peers_print(a, out);
	} else {
		fputs("{ ", out);
		conftype_word_print(value, out);
		fputs(" }", out);
	}
}

/* "    name            = value" */
static char *setting_text(const struct answers *a, const struct confopt *opt)
{
	const char *value = answer_find(a, opt);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	putc(value ? ' ' : '#', out);
	if (!value)
		value = opt->fallback ? opt->fallback
		                      : about_find(opt->name)->example;
	fprintf(out, "   %-15s = ", opt->name);
	value_print(a, opt, value, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* The same columns whether it is a comment or not: taking the '#' away is
 * enough to have it in effect.  What it is stands beside it, or above. */
static int setting_print(const struct answers *a, const struct confopt *opt,
                         FILE *out)
{
	const char *about = about_find(opt->name)->text;
	char *text = setting_text(a, opt);

	if (!text)
		return -ENOMEM;
	if (!about)
		fprintf(out, "%s\n", text);
	else if (strlen(text) + strlen(about) + 3 > WIDTH ||
	         strlen(about) + ABOUT_COLUMN + 3 > WIDTH)
		fprintf(out, "    # %s:\n%s\n", about, text);
	else
		fprintf(out, "%-*s # %s\n", ABOUT_COLUMN, text, about);
	free(text);
	return 0;
}

/* ---- all of it ---- */

static bool setting_fits(const struct answers *a, const struct confopt *opt,
                         bool node)
{
	if (!opt->fallback && !answer_find(a, opt) &&
	    !about_find(opt->name)->example)
		return false;
	return node ? opt->where == CONFOPT_NODE : confopt_fits(opt, a->getter);
}

static int settings_print(const struct answers *a, bool node, FILE *out)
{
	int err = 0;

	for (const struct confopt *o = conftable; o->name && !err; o++)
		if (setting_fits(a, o, node))
			err = setting_print(a, o, out);
	return err;
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
	err = settings_print(a, true, out);
	fprintf(out, "%sgroup ", between);
	conftype_word_print(a->name, out);
	fputs(" {\n", out);
	if (!err)
		err = settings_print(a, false, out);
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
	snprintf(a->getter, sizeof(a->getter), "%s", getter_table[0]->name);
	snprintf(a->source, sizeof(a->source), "%s", getter_table[0]->example);
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
