/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/mountopts.h"

#include "lib/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 65536 /* bytes of all options together */

/* Words of fstab that the mount command or the service manager acts on, or
 * that name what is the case anyway. */
static const char *const ignored[] = {
	"defaults",   "auto",     "noauto",   "user",       "nouser",
	"users",      "owner",    "group",    "nofail",     "_netdev",
	"atime",      "relatime", "diratime", "norelatime", "lazytime",
	"nolazytime", "loud",     "silent",   NULL,
};

void mountopts_init(struct mountopts *o)
{
	*o = (struct mountopts){ .config = NULL };
	buf_init(&o->fuse, OPTIONS_MAX);
}

void mountopts_release(struct mountopts *o)
{
	free(o->config);
	buf_release(&o->fuse);
}

static const char *value_of(const char *option, const char *name)
{
	for (; *name; name++, option++)
		if (*option != *name)
			return NULL;
	return *option == '=' ? option + 1 : NULL;
}

static bool is_ignored(const char *option)
{
	if (strncmp(option, "x-", 2) == 0 || strncmp(option, "X-", 2) == 0 ||
	    value_of(option, "comment"))
		return true;
	for (size_t i = 0; ignored[i]; i++)
		if (strcmp(option, ignored[i]) == 0)
			return true;
	return false;
}

static int parse_count(const char *option, const char *text,
                       unsigned int *count, struct reason *why)
{
	uint64_t n;

	if (number_parse(text, 10, 1024, &n) < 0 || n < 1)
		return reason_set(why, -EINVAL,
		                  "option '%s': expected a number from 1 to "
		                  "1024",
		                  option);
	*count = (unsigned int)n;
	return 0;
}

/* Escapes what unescaping took away. */
static int add_fuse(struct mountopts *o, const char *option)
{
	int err = o->fuse.len ? buf_puts(&o->fuse, ",") : 0;

	for (; *option && !err; option++)
		err = buf_printf(&o->fuse, "%s%c",
		                 *option == ',' || *option == '\\' ? "\\" : "",
		                 *option);
	return err;
}

static int add_one(struct mountopts *o, const char *option, struct reason *why)
{
	const char *value;

	if (!*option || is_ignored(option))
		return 0;
	if ((value = value_of(option, "config"))) {
		free(o->config);
		o->config = strdup(value);
		return o->config ? 0 : -ENOMEM;
	}
	if ((value = value_of(option, "max_threads")))
		return parse_count(option, value, &o->max_threads, why);
	if ((value = value_of(option, "max_idle_threads")))
		return parse_count(option, value, &o->max_idle_threads, why);
	if (strcmp(option, "clone_fd") == 0) {
		o->clone_fd = true;
		return 0;
	}
	if (strcmp(option, "allow_other") == 0)
		o->allow_other = true;
	return add_fuse(o, option);
}

int mountopts_add(struct mountopts *o, const char *text, struct reason *why)
{
	char *option = malloc(strlen(text) + 1);
	int err = option ? 0 : -ENOMEM;

	while (!err && *text) {
		size_t len = 0;

		for (; *text && *text != ','; text++) {
			if (*text == '\\' && text[1])
				text++;
			option[len++] = *text;
		}
		option[len] = '\0';
		if (*text == ',')
			text++;
		err = add_one(o, option, why);
	}
	free(option);
	return err;
}
