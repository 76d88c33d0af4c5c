/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"

#include "conf/node.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP_NAME_MAX 255

static void group_init(struct conf_group *group)
{
	*group = (struct conf_group){ .uid = geteuid(), .gid = getegid() };
}

void conf_group_release(struct conf_group *group)
{
	getter_spec_release(&group->getter);
	free(group->name);
	free(group->policy);
}

/* Stores what was said into the structure the table means. */
static int said_store(const struct confsaid *said, void *base,
                      struct reason *why)
{
	struct confarg arg = { said->values, said->count, said->at.file->dir };
	struct reason wrong = { "" };
	int err = said->opt->type->parse((char *)base + said->opt->offset, &arg,
	                                 &wrong);

	if (err == -ENOMEM)
		return reason_set(why, err, "out of memory");
	if (err)
		return confplace_fail(said->at, err, why, "%s: %s",
		                      said->opt->name, wrong.text);
	return 0;
}

static int fallback_store(const struct confopt *opt, void *base,
                          struct reason *why)
{
	char *values[] = { (char *)opt->fallback };
	struct confarg arg = { values, 1, "" };

	if (!opt->fallback)
		return 0;
	return opt->type->parse((char *)base + opt->offset, &arg, why);
}

static int node_build(struct conf_node *node, struct confblock *block,
                      struct reason *why)
{
	int err = 0;

	for (size_t i = 0; block && i < block->count && !err; i++)
		err = said_store(&block->said[i], node, why);
	for (const struct confopt *o = conftable; o->name && !err; o++)
		if (o->where == CONFOPT_NODE &&
		    !(block && confblock_find(block, o)))
			err = fallback_store(o, node, why);
	return err ? err : confnode_complete(node, block, why);
}

/* Its values are looked at even if no group comes to use them. */
static int defaults_check(const struct confblock *block, struct reason *why)
{
	struct conf_group scratch;
	int err = 0;

	group_init(&scratch);
	for (size_t i = 0; block && i < block->count && !err; i++)
		err = said_store(&block->said[i], &scratch, why);
	conf_group_release(&scratch);
	return err;
}

static int name_check(const struct confblock *block, struct reason *why)
{
	const char *name = block->title;
	const char *wrong = NULL;

	if (!*name)
		wrong = "is empty";
	else if (strlen(name) > GROUP_NAME_MAX)
		wrong = "is longer than 255 bytes";
	else if (*name == '.')
		wrong = "begins with '.'";
	else if (strchr(name, '/'))
		wrong = "holds a '/'";
	for (const char *c = name; *c && !wrong; c++)
		if (iscntrl((unsigned char)*c))
			wrong = "holds a control character";
	if (wrong)
		return confplace_fail(block->at, -EINVAL, why,
		                      "group: the name '%.80s' %s", name,
		                      wrong);
	return 0;
}

/* "command or url or redis" */
static void sources_list(char *out, size_t size)
{
	size_t len = 0;

	for (const struct confopt *o = conftable; o->name; o++)
		if (o->where == CONFOPT_SOURCE && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s%s",
			                        len ? " or " : "", o->name);
}

/* The one setting that names the getter; NULL with the reason. */
static const struct confsaid *source_find(const struct confblock *block,
                                          struct reason *why)
{
	const struct confsaid *source = NULL;
	char list[64] = "";

	for (size_t i = 0; i < block->count; i++) {
		const struct confsaid *said = &block->said[i];

		if (said->opt->where != CONFOPT_SOURCE)
			continue;
		if (source) {
			confplace_fail(said->at, -EINVAL, why,
			               "'%s' in a group that has a %s already",
			               said->opt->name, source->opt->name);
			return NULL;
		}
		source = said;
	}
	sources_list(list, sizeof(list));
	if (!source)
		confplace_fail(block->at, -EINVAL, why,
		               "group '%.80s' has no getter: it needs a %s",
		               block->title, list);
	return source;
}

/* What the group says itself, in its order. */
static int own_store(struct conf_group *group, const struct confblock *block,
                     const char *getter, struct reason *why)
{
	int err = 0;

	for (size_t i = 0; i < block->count && !err; i++) {
		const struct confsaid *said = &block->said[i];

		if (!confopt_fits(said->opt, getter))
			return confplace_fail(
			        said->at, -EINVAL, why,
			        "'%s' is for a %s, and this group has a %s",
			        said->opt->name, said->opt->getter, getter);
		err = said_store(said, group, why);
		if (!err && group->getter.ttl_origin &&
		    !group->getter.ops->tells_ttl)
			return confplace_fail(
			        said->at, -EINVAL, why,
			        "'ttl = origin' is for a url or redis, and "
			        "this group has a %s",
			        getter);
	}
	return err;
}

/* What it does not say. */
static int rest_store(struct conf_group *group, struct confblock *block,
                      struct confblock *defaults, const char *getter,
                      struct reason *why)
{
	int err = 0;

	for (const struct confopt *o = conftable; o->name && !err; o++) {
		const struct confsaid *said =
		        defaults ? confblock_find(defaults, o) : NULL;

		if (!confopt_fits(o, getter) || confblock_find(block, o))
			continue;
		err = said ? said_store(said, group, why)
		           : fallback_store(o, group, why);
	}
	if (!group->getter.ops->tells_ttl)
		group->getter.ttl_origin = false;
	return err;
}

/* Only the getter knows whether its source and settings make sense. */
static int getter_check(const struct conf_group *group,
                        const struct confsaid *source, struct reason *why)
{
	struct reason wrong = { "" };
	struct getter *getter;
	int err = getter_create(&getter, &group->getter, &wrong);

	if (err)
		return confplace_fail(
		        source->at, err, why, "%s: %s", source->opt->name,
		        *wrong.text ? wrong.text : strerror(-err));
	getter_unref(getter);
	return 0;
}

static int group_build(struct conf_group *group, struct confblock *block,
                       struct confblock *defaults, struct reason *why)
{
	const struct confsaid *source;
	int err = name_check(block, why);

	if (err)
		return err;
	source = source_find(block, why);
	if (!source)
		return -EINVAL;
	group->name = strdup(block->title);
	if (!group->name)
		return reason_set(why, -ENOMEM, "out of memory");
	group->getter.ops = getter_ops_find(source->opt->name);
	err = own_store(group, block, source->opt->name, why);
	if (!err)
		err = rest_store(group, block, defaults, source->opt->name,
		                 why);
	return err ? err : getter_check(group, source, why);
}

static size_t groups_count(const struct conftree *tree)
{
	size_t n = 0;

	for (size_t i = 0; i < tree->block_count; i++)
		n += tree->blocks[i]->kind == CONFBLOCK_GROUP;
	return n;
}

int conf_build(struct conf *c, struct conftree *tree, struct reason *why)
{
	struct confblock *defaults =
	        conftree_find(tree, CONFBLOCK_DEFAULTS, NULL);
	size_t groups = groups_count(tree);
	int err = node_build(&c->node,
	                     conftree_find(tree, CONFBLOCK_NODE, NULL), why);

	if (!err)
		err = defaults_check(defaults, why);
	if (!err && groups == 0)
		err = confplace_fail((struct confplace){ tree->files[0], 1 },
		                     -EINVAL, why, "no group");
	if (err || groups == 0)
		return err;
	c->groups = calloc(groups, sizeof(*c->groups));
	if (!c->groups)
		return reason_set(why, -ENOMEM, "out of memory");
	for (size_t i = 0; i < tree->block_count && !err; i++) {
		if (tree->blocks[i]->kind != CONFBLOCK_GROUP)
			continue;
		group_init(&c->groups[c->group_count]);
		err = group_build(&c->groups[c->group_count++], tree->blocks[i],
		                  defaults, why);
	}
	return err;
}
