/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration as a person is shown it: printed, and warned of. */
#include "conf/conf.h"

#include "conf/table.h"

/* As long as most names are, so that the values stand in a column. */
#define NAME_COLUMN 15

/* A line for each that has something to say. */
static void options_print(const struct option_def *table, const void *base,
                          FILE *out)
{
	for (; table && table->name; table++) {
		if (!option_said(table, base))
			continue;
		fprintf(out, "    %-*s = ", NAME_COLUMN, table->name);
		option_print(table, base, out);
		putc('\n', out);
	}
}

void conf_print(const struct conf *c, FILE *out)
{
	fputs("node {\n", out);
	options_print(confnode_options, &c->node, out);
	fputs("}\n", out);
	for (size_t i = 0; i < c->group_count; i++) {
		const struct conf_group *group = &c->groups[i];
		const struct getter_spec *spec = getter_spec(group->getter);
		const struct option_def source[] = { spec->ops->source, { 0 } };

		fputs("group ", out);
		option_word_print(group->name, out);
		fputs(" {\n", out);
		options_print(source, spec, out);
		options_print(confgroup_options, group, out);
		options_print(spec->ops->options, spec->options, out);
		fputs("}\n", out);
	}
}

/* Whom a getter's warnings go to, and of which group they are. */
struct listener {
	void (*say)(const char *line);
	const char *group;
};

static void pass_on(void *arg, const char *line)
{
	const struct listener *l = arg;
	struct reason whole;

	reason_set(&whole, 0, "group '%.80s': %s", l->group, line);
	l->say(whole.text);
}

void conf_warn(const struct conf *c, void (*say)(const char *line))
{
	for (size_t i = 0; i < c->group_count; i++) {
		struct listener l = { say, c->groups[i].name };
		const struct getter_spec *spec =
		        getter_spec(c->groups[i].getter);

		if (spec->ops->warn)
			spec->ops->warn(spec, pass_on, &l);
	}
}
