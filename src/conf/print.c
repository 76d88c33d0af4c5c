/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"
#include "conf/table.h"

#include <stdlib.h>
#include <string.h>

/* As long as most names are, so that the values stand in a column. */
#define NAME_COLUMN 15

/* One line, if there is something to say. */
static void setting_print(const struct confopt *opt, const void *base,
                          FILE *out)
{
	const void *field = (const char *)base + opt->offset;

	if (!opt->type->said || opt->type->said(field)) {
		fprintf(out, "    %-*s = ", NAME_COLUMN, opt->name);
		opt->type->print(field, out);
		putc('\n', out);
	}
}

static void node_print(const struct conf_node *node, FILE *out)
{
	fputs("node {\n", out);
	for (const struct confopt *o = conftable; o->name; o++)
		if (o->where == CONFOPT_NODE)
			setting_print(o, node, out);
	fputs("}\n", out);
}

static void group_print(const struct conf_group *group, FILE *out)
{
	fputs("group ", out);
	conftype_word_print(group->name, out);
	fputs(" {\n", out);
	for (const struct confopt *o = conftable; o->name; o++)
		if (confopt_fits(o, group->getter.ops->name))
			setting_print(o, group, out);
	fputs("}\n", out);
}

void conf_print(const struct conf *c, FILE *out)
{
	node_print(&c->node, out);
	for (size_t i = 0; i < c->group_count; i++)
		group_print(&c->groups[i], out);
}
