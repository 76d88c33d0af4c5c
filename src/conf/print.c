/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"
#include "conf/table.h"

#include <stdlib.h>
#include <string.h>

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

static void group_print(const struct conf_group *group, FILE *out)
{
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

void conf_print(const struct conf *c, FILE *out)
{
	fputs("node {\n", out);
	options_print(confnode_options, &c->node, out);
	fputs("}\n", out);
	for (size_t i = 0; i < c->group_count; i++)
		group_print(&c->groups[i], out);
}
