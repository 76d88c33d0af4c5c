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

static int group_init(struct conf_group *group, struct reason *why)
{
	*group = (struct conf_group){ .settings = { .uid = geteuid(),
		                                    .gid = getegid() } };
	return options_init(confgroup_options, group) == 0
	               ? 0
	               : reason_oom(why, -ENOMEM);
}

void conf_group_release(struct conf_group *group)
{
	options_release(confgroup_options, group);
	getter_unref(group->getter);
	free(group->name);
}

/* Stores what was said into the structure that the option is of. */
static int said_store(const struct confsaid *said, const struct option_def *opt,
                      void *base, struct reason *why)
{
	const struct option_words words = { said->values, said->count,
		                            said->at.file->dir };
	struct reason wrong = { "" };
	int err = option_store(opt, base, &words, &wrong);

	if (err == -ENOMEM)
		return reason_oom(why, err);
	if (err)
		return confplace_fail(said->at, err, why, "%s: %s", opt->name,
		                      wrong.text);
	return 0;
}

static int node_build(struct conf_node *node, struct confblock *block,
                      struct reason *why)
{
	int err = options_init(confnode_options, node);

	if (err)
		return reason_oom(why, err);
	for (size_t i = 0; block && i < block->count && !err; i++)
		err = said_store(&block->said[i], block->said[i].opt, node,
		                 why);
	return err ? err : confnode_complete(node, block, why);
}

/* A group being made, and its getter's part. */
struct draft {
	struct conf_group *group;
	struct getter_spec spec;
};

/* Stores it where it belongs.  -ENOENT: nowhere, it is another getter's. */
static int draft_store(struct draft *d, const struct confsaid *said,
                       struct reason *why)
{
	const struct getter_ops *ops = d->spec.ops;
	const char *name = said->opt->name;
	const struct option_def *opt;

	if (said->opt == &ops->source)
		return said_store(said, said->opt, &d->spec, why);
	opt = option_find(confgroup_options, name);
	if (opt)
		return said_store(said, opt, d->group, why);
	opt = ops->options ? option_find(ops->options, name) : NULL;
	return opt ? said_store(said, opt, d->spec.options, why) : -ENOENT;
}

/* Its values are looked at even if no group comes to use them: each by
 * whatever getter has it. */
static int defaults_check(const struct confblock *block, struct reason *why)
{
	int err = 0;

	for (size_t g = 0; block && getter_table[g] && !err; g++) {
		struct conf_group scratch;
		struct draft d = { .group = &scratch };

		err = group_init(&scratch, why);
		if (!err)
			err = getter_spec_init(&d.spec, getter_table[g]);
		for (size_t i = 0; i < block->count && !err; i++) {
			err = draft_store(&d, &block->said[i], why);
			err = err == -ENOENT ? 0 : err;
		}
		getter_spec_release(&d.spec);
		conf_group_release(&scratch);
	}
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
static void sources_list(char *out, size_t size, bool tells_ttl)
{
	size_t len = 0;

	*out = '\0';
	for (size_t i = 0; getter_table[i]; i++)
		if ((getter_table[i]->tells_ttl || !tells_ttl) && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s%s",
			                        len ? " or " : "",
			                        getter_table[i]->source.name);
}

/* The one setting that names the getter; NULL with the reason. */
static const struct confsaid *source_find(const struct confblock *block,
                                          const struct getter_ops **ops,
                                          struct reason *why)
{
	const struct confsaid *source = NULL;
	char list[CONFTABLE_GETTERS_MAX];

	for (size_t i = 0; i < block->count; i++) {
		const struct confsaid *said = &block->said[i];
		const struct getter_ops *found =
		        getter_ops_find(said->opt->name);

		if (!found)
			continue;
		if (source) {
			confplace_fail(said->at, -EINVAL, why,
			               "'%s' in a group that has a %s already",
			               said->opt->name, source->opt->name);
			return NULL;
		}
		source = said;
		*ops = found;
	}
	sources_list(list, sizeof(list), false);
	if (!source)
		confplace_fail(block->at, -EINVAL, why,
		               "group '%.80s' has no getter: it needs a %s",
		               block->title, list);
	return source;
}

/* What it inherits, as far as it fits. */
static int defaults_store(struct draft *d, const struct confblock *defaults,
                          struct reason *why)
{
	int err = 0;

	for (size_t i = 0; defaults && i < defaults->count && !err; i++) {
		err = draft_store(d, &defaults->said[i], why);
		err = err == -ENOENT ? 0 : err;
	}
	if (!d->spec.ops->tells_ttl)
		d->group->ttl_origin = false;
	return err;
}

/* What the group says itself, in its order. */
static int own_store(struct draft *d, const struct confblock *block,
                     struct reason *why)
{
	const char *getter = d->spec.ops->source.name;
	char list[CONFTABLE_GETTERS_MAX];
	int err = 0;

	for (size_t i = 0; i < block->count && !err; i++) {
		const struct confsaid *said = &block->said[i];

		err = draft_store(d, said, why);
		if (err == -ENOENT)
			return confplace_fail(
			        said->at, -EINVAL, why,
			        "'%s' is for a %s, and this group has a %s",
			        said->opt->name,
			        conftable_getters(said->opt->name, list),
			        getter);
		if (err || !d->group->ttl_origin || d->spec.ops->tells_ttl)
			continue;
		sources_list(list, sizeof(list), true);
		return confplace_fail(said->at, -EINVAL, why,
		                      "'ttl = origin' is for a %s, and "
		                      "this group has a %s",
		                      list, getter);
	}
	return err;
}

/* Only the getter knows whether its source and settings make sense. */
static int getter_make(struct draft *d, const struct confsaid *source,
                       struct reason *why)
{
	struct reason wrong = { "" };
	int err;

	d->spec.ttl_origin = d->group->ttl_origin;
	err = getter_create(&d->group->getter, &d->spec, &wrong);
	return err ? confplace_fail(source->at, err, why, "%s: %s",
	                            source->opt->name,
	                            *wrong.text ? wrong.text : strerror(-err))
	           : 0;
}

static int draft_fill(struct draft *d, const struct confblock *block,
                      const struct confblock *defaults,
                      const struct confsaid *source, struct reason *why)
{
	int err = defaults_store(d, defaults, why);

	if (!err)
		err = own_store(d, block, why);
	return err ? err : getter_make(d, source, why);
}

static int group_build(struct conf_group *group, const struct confblock *block,
                       const struct confblock *defaults, struct reason *why)
{
	struct draft d = { .group = group };
	const struct confsaid *source;
	const struct getter_ops *ops;
	int err = name_check(block, why);

	if (err)
		return err;
	source = source_find(block, &ops, why);
	if (!source)
		return -EINVAL;
	group->name = strdup(block->title);
	if (group->name && getter_spec_init(&d.spec, ops) == 0)
		err = draft_fill(&d, block, defaults, source, why);
	else
		err = reason_oom(why, -ENOMEM);
	getter_spec_release(&d.spec);
	return err;
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
	struct conf_group *group;
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
		return reason_oom(why, -ENOMEM);
	for (size_t i = 0; i < tree->block_count && !err; i++) {
		if (tree->blocks[i]->kind != CONFBLOCK_GROUP)
			continue;
		group = &c->groups[c->group_count++];
		err = group_init(group, why);
		if (!err)
			err = group_build(group, tree->blocks[i], defaults,
			                  why);
	}
	return err;
}
