/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/word.h"

#include "conf/type.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much of a word messages quote. */
#define SHOWN "-g '%.80s'"

const struct getter_ops *confword_getter(const char *name, struct reason *why)
{
	const char *known[CONFTABLE_MAX + 1];
	size_t n = 0;

	for (; n < CONFTABLE_MAX && getter_table[n]; n++)
		known[n] = getter_table[n]->source.name;
	known[n] = NULL;
	if (!getter_ops_find(name))
		conftype_word_refuse(name, known, why);
	return getter_ops_find(name);
}

/* Cuts `text` in three at '=' and ':'; false when it has not both. */
static bool word_cut(char *text, char **getter, char **source)
{
	char *equals = strchr(text, '=');
	char *colon = equals ? strchr(equals, ':') : NULL;

	if (!colon)
		return false;
	*equals = *colon = '\0';
	*getter = equals + 1 + strspn(equals + 1, " \t");
	*source = colon + 1 + strspn(colon + 1, " \t");
	return true;
}

static int word_add(struct conftree *tree, char *text, struct confplace at,
                    struct reason *why)
{
	char *getter, *source;
	const struct getter_ops *ops;
	struct reason wrong;
	struct confblock *block;

	if (!word_cut(text, &getter, &source))
		return confplace_fail(at, -EINVAL, why,
		                      "expected NAME=GETTER: SOURCE");
	ops = confword_getter(getter, &wrong);
	if (!ops)
		return confplace_fail(at, -EINVAL, why, "%s", wrong.text);
	if (conftree_find(tree, CONFBLOCK_GROUP, text))
		return confplace_fail(at, -EINVAL, why,
		                      "group '%.80s' is there already", text);
	block = conftree_add_block(tree, CONFBLOCK_GROUP, text, at);
	if (!block ||
	    confsaid_add_value(confblock_add_said(block, &ops->source, at),
	                       source) != 0)
		return reason_oom(why, -ENOMEM);
	return 0;
}

int confword_add(struct conftree *tree, const char *word, const char *dir,
                 struct reason *why)
{
	struct confplace at = { NULL, 0 };
	char name[128], *text = secret_hide(word);
	int err;

	snprintf(name, sizeof(name), SHOWN, text ? text : "");
	free(text);
	at.file = conftree_add_file(tree, name, dir);
	text = strdup(word);
	err = at.file && text ? word_add(tree, text, at, why)
	                      : reason_oom(why, -ENOMEM);
	free(text);
	return err;
}
