/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration from a file or from words: reading it, building it. */
#include "conf/conf.h"

#include "conf/build.h"
#include "conf/path.h"
#include "conf/read.h"
#include "conf/table.h"
#include "conf/word.h"

#include <errno.h>
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
		err = confword_add(&tree, words[i], dir, why);
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

void conf_release(struct conf *c)
{
	for (size_t i = 0; i < c->group_count; i++)
		conf_group_release(&c->groups[i]);
	free(c->groups);
	options_release(confnode_options, &c->node);
	free(c->path);
	*c = (struct conf){ 0 };
}
