/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration from a file or from words: reading it, building it. */
#include "conf/conf.h"

#include "conf/build.h"
#include "conf/path.h"
#include "conf/read.h"
#include "conf/type.h"
#include "lib/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int conf_load(struct conf *c, const char *path, struct reason *why)
{
	char *absolute = path_absolute(path);
	struct conftree tree;
	int err;

	*c = (struct conf){ 0 };
	if (!absolute)
		return reason_set(why, -errno, "cannot read '%s': %s", path,
		                  strerror(errno));
	conftree_init(&tree);
	err = confread_file(&tree, path, absolute, why);
	c->path = absolute;
	if (!err)
		err = conf_build(c, &tree, why);
	conftree_release(&tree);
	if (err)
		conf_release(c);
	return err;
}

/* Adds the group that a word says, as if a file had said
 * group NAME { GETTER = "SOURCE" }; `text` is a copy of the word. */
static int word_read(struct conftree *tree, char *text, struct confplace at,
                     struct reason *why)
{
	char *equals = strchr(text, '=');
	char *colon = equals ? strchr(equals, ':') : NULL;
	const struct getter_ops *ops;
	struct reason wrong;
	struct confblock *block;
	struct confsaid *said;

	if (!colon)
		return confplace_fail(at, -EINVAL, why,
		                      "expected NAME=GETTER: SOURCE");
	*equals = *colon = '\0';
	ops = conftype_getter(equals + 1 + strspn(equals + 1, " \t"), &wrong);
	if (!ops)
		return confplace_fail(at, -EINVAL, why, "%s", wrong.text);
	if (conftree_find(tree, CONFBLOCK_GROUP, text))
		return confplace_fail(at, -EINVAL, why,
		                      "group '%.80s' is there already", text);
	block = conftree_add_block(tree, CONFBLOCK_GROUP, text, at);
	said = block ? confblock_add_said(block, &ops->source, at) : NULL;
	if (!said || option_list_add(&said->values,
	                             colon + 1 + strspn(colon + 1, " \t")) < 0)
		return reason_oom(why, -ENOMEM);
	return 0;
}

/* Relative paths start from `dir`; messages begin with -g and the word. */
static int word_add(struct conftree *tree, const char *word, const char *dir,
                    struct reason *why)
{
	struct confplace at = { NULL, 0 };
	char name[128], *text = secret_hide(word);
	int err;

	snprintf(name, sizeof(name), "-g '%.80s'", text ? text : "");
	free(text);
	at.file = conftree_add_file(tree, name, dir);
	text = strdup(word);
	err = at.file && text ? word_read(tree, text, at, why)
	                      : reason_oom(why, -ENOMEM);
	free(text);
	return err;
}

int conf_from_words(struct conf *c, char *const *words, size_t count,
                    struct reason *why)
{
	char *dir = getcwd(NULL, 0);
	struct conftree tree;
	int err = 0;

	*c = (struct conf){ 0 };
	c->path = strdup("");
	conftree_init(&tree);
	if (dir && strcmp(dir, "/") == 0)
		*dir = '\0';
	if (!dir || !c->path)
		err = reason_oom(why, -ENOMEM);
	for (size_t i = 0; i < count && !err; i++)
		err = word_add(&tree, words[i], dir, why);
	if (!err && count == 0)
		err = reason_set(why, -EINVAL, "no group");
	if (!err)
		err = conf_build(c, &tree, why);
	conftree_release(&tree);
	free(dir);
	if (err)
		conf_release(c);
	return err;
}
