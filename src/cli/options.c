/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <stdbool.h>
#include <stdio.h>

#define NAMED 256 /* of an option without a letter; its place is added */

int option_set(void *to, const char *value)
{
	(void)value;
	*(bool *)to = true;
	return 0;
}

static bool is_end(const struct cli_option *o)
{
	return !o->letter && !o->name;
}

int options_refuse(const struct cli_syntax *s)
{
	fputs(s->usage, stderr);
	return EXIT_USAGE;
}

/* As getopt_long wants them; both are zeroed and have room. */
static void options_list(const struct cli_option *options, char *letters,
                         struct option *names)
{
	*letters++ = 'h';
	*letters++ = 'V';
	*names++ = (struct option){ "help", no_argument, NULL, 'h' };
	*names++ = (struct option){ "version", no_argument, NULL, 'V' };
	for (const struct cli_option *o = options; !is_end(o); o++) {
		if (o->name)
			*names++ =
			        (struct option){ o->name, o->has, NULL,
				                 NAMED + (int)(o - options) };
		if (o->letter)
			*letters++ = o->letter;
		if (o->letter && o->has)
			*letters++ = ':';
	}
}

static const struct cli_option *option_find(const struct cli_option *o, int c)
{
	if (c >= NAMED)
		return &o[c - NAMED];
	while (!is_end(o) && o->letter != c)
		o++;
	return is_end(o) ? NULL : o;
}

int options_parse(const struct cli_syntax *s, const struct cli_option *options,
                  int argc, char **argv)
{
	static const struct cli_option none = { 0 };
	struct option names[OPTIONS_MAX + 3] = { 0 };
	char letters[2 * OPTIONS_MAX + 3] = "";
	const struct cli_option *o;
	int c, words;

	options = options ? options : &none;
	options_list(options, letters, names);
	argv[0] = (char *)"dreamfs"; /* as getopt's messages begin */
	optind = 0;
	while ((c = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		if (c == 'h') {
			printf("%s%s", s->usage, s->help);
			return 0;
		}
		if (c == 'V') {
			puts("dreamfs " DREAMFS_VERSION);
			return 0;
		}
		o = option_find(options, c);
		if (!o)
			return options_refuse(s);
		if (o->take && o->take(o->to, optarg) < 0)
			return EXIT_USAGE;
	}
	words = argc - optind;
	return words < s->least || words > s->most ? options_refuse(s)
	                                           : OPTIONS_GO_ON;
}
