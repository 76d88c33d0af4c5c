/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/build.h"

#include "peer/placement/ring.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP_NAME_MAX 255
/* DREAMEMO's client asks a member for its heartbeat every ten seconds and
 * panics when one that it believes in does not answer. */
#define DRAIN_MS 12000

/* Stores what was said into the structure that the option is of. */
static int said_store(const struct confsaid *said, const struct option_def *opt,
                      void *base, struct reason *why)
{
	const struct option_words words = { said->values.items,
		                            said->values.count,
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

/* ---- the node ---- */

/* Only the ring knows what it can be made of. */
static int ring_check(const struct conf_node *node, const struct confsaid *self,
                      const struct confsaid *peers, struct reason *why)
{
	char **items = node->peers.items;
	size_t n = 0, count = node->peers.count;
	struct reason wrong = { "" };
	struct ring *ring;
	int err = ring_create(&ring, node->placement,
	                      (const char *const *)items, count, node->self,
	                      (unsigned int)node->replicas, &wrong);

	if (!err) {
		ring_unref(ring);
		return 0;
	}
	while (n < count && strcmp(items[n], node->self) != 0)
		n++;
	return confplace_fail(count && n == count ? self->at : peers->at, err,
	                      why, "%s", wrong.text);
}

static int peers_check(const struct conf_node *node,
                       const struct confblock *block, struct reason *why)
{
	const struct confsaid *self = confblock_find(block, "self");
	const struct confsaid *peers = confblock_find(block, "peers");

	if (!self && !peers)
		return 0;
	if (!peers)
		return confplace_fail(self->at, -EINVAL, why,
		                      "'self' without 'peers'");
	if (!self)
		return confplace_fail(
		        peers->at, -EINVAL, why,
		        "'peers' without 'self': which of them is this node?");
	if (!node->listen)
		return confplace_fail(peers->at, -EINVAL, why,
		                      "'peers' without 'listen': they could "
		                      "not reach this node");
	return ring_check(node, self, peers, why);
}

/* What was not said follows from the protocol. */
static int node_build(struct conf_node *node, const struct confblock *block,
                      struct reason *why)
{
	int err = options_init(confnode_options, node);

	if (err)
		return reason_oom(why, err);
	for (size_t i = 0; block && i < block->count && !err; i++)
		err = said_store(&block->said[i], block->said[i].opt, node,
		                 why);
	if (err)
		return err;
	if (!node->placement)
		node->placement = placement_find(node->protocol->placement);
	if (!node->replicas)
		node->replicas = (int)node->placement->replicas;
	if (!confblock_find(block, "drain"))
		node->drain_ms = node->protocol->heartbeat ? DRAIN_MS : 0;
	if (!node->protocol->codecs && node->codec != codec_find("protobuf"))
		return confplace_fail(confblock_find(block, "codec")->at,
		                      -EINVAL, why,
		                      "codec: '%s' is not for protocol '%s'",
		                      node->codec->name, node->protocol->name);
	return peers_check(node, block, why);
}

/* ---- groups ---- */

static int group_init(struct conf_group *group, struct reason *why)
{
	*group = (struct conf_group){ .settings = { .uid = geteuid(),
		                                    .gid = getegid() } };
	return options_init(confgroup_options, group) == 0
	               ? 0
	               : reason_oom(why, -ENOMEM);
}

static void group_release(struct conf_group *group)
{
	options_release(confgroup_options, group);
	getter_unref(group->getter);
	free(group->name);
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
	opt = option_find(ops->options, name);
	return opt ? said_store(said, opt, d->spec.options, why) : -ENOENT;
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

/* Its values are looked at even if no group comes to use them: each by
 * whatever getter has it. */
static int defaults_check(const struct confblock *defaults, struct reason *why)
{
	int err = 0;

	for (size_t g = 0; defaults && getter_table[g] && !err; g++) {
		struct conf_group scratch;
		struct draft d = { .group = &scratch };

		err = group_init(&scratch, why);
		if (!err && getter_spec_init(&d.spec, getter_table[g]) != 0)
			err = reason_oom(why, -ENOMEM);
		if (!err)
			err = defaults_store(&d, defaults, why);
		getter_spec_release(&d.spec);
		group_release(&scratch);
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

/* The one setting that names the getter; NULL with the reason. */
static const struct confsaid *source_find(const struct confblock *block,
                                          struct reason *why)
{
	const struct confsaid *source = NULL;
	char list[CONFTABLE_GETTERS_MAX];

	for (size_t i = 0; i < block->count; i++) {
		const struct confsaid *said = &block->said[i];

		if (!getter_ops_find(said->opt->name))
			continue;
		if (source) {
			confplace_fail(said->at, -EINVAL, why,
			               "'%s' in a group that has a %s already",
			               said->opt->name, source->opt->name);
			return NULL;
		}
		source = said;
	}
	if (!source)
		confplace_fail(block->at, -EINVAL, why,
		               "group '%.80s' has no getter: it needs a %s",
		               block->title,
		               conftable_getters(NULL, false, list));
	return source;
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
			        conftable_getters(said->opt->name, false, list),
			        getter);
		if (err || !d->group->ttl_origin || d->spec.ops->tells_ttl)
			continue;
		return confplace_fail(said->at, -EINVAL, why,
		                      "'ttl = origin' is for a %s, and "
		                      "this group has a %s",
		                      conftable_getters(NULL, true, list),
		                      getter);
	}
	return err;
}

static int group_build(struct conf_group *group, const struct confblock *block,
                       const struct confblock *defaults, struct reason *why)
{
	struct draft d = { .group = group };
	struct reason wrong = { "" };
	const struct confsaid *source;
	int err = name_check(block, why);

	if (err)
		return err;
	source = source_find(block, why);
	if (!source)
		return -EINVAL;
	group->name = strdup(block->title);
	if (!group->name)
		return reason_oom(why, -ENOMEM);
	if (getter_spec_init(&d.spec, getter_ops_find(source->opt->name)) != 0)
		err = reason_oom(why, -ENOMEM);
	if (!err)
		err = defaults_store(&d, defaults, why);
	if (!err)
		err = own_store(&d, block, why);
	if (err) {
		getter_spec_release(&d.spec);
		return err;
	}
	/* Only the getter knows whether its source and settings make sense. */
	d.spec.ttl_origin = group->ttl_origin;
	err = getter_create(&group->getter, &d.spec, &wrong);
	return err ? confplace_fail(source->at, err, why, "%s: %s",
	                            source->opt->name,
	                            *wrong.text ? wrong.text : strerror(-err))
	           : 0;
}

int conf_build(struct conf *c, const struct conftree *tree, struct reason *why)
{
	const struct confblock *defaults =
	        conftree_find(tree, CONFBLOCK_DEFAULTS, "");
	int err = node_build(&c->node, conftree_find(tree, CONFBLOCK_NODE, ""),
	                     why);

	if (!err)
		err = defaults_check(defaults, why);
	for (const struct confblock *b = tree->blocks; b && !err; b = b->next) {
		struct conf_group *groups;

		if (b->kind != CONFBLOCK_GROUP)
			continue;
		groups = reallocarray(c->groups, c->group_count + 1,
		                      sizeof(*groups));
		if (!groups)
			return reason_oom(why, -ENOMEM);
		c->groups = groups;
		groups += c->group_count++;
		err = group_init(groups, why);
		if (!err)
			err = group_build(groups, b, defaults, why);
	}
	if (!err && c->group_count == 0)
		err = confplace_fail((struct confplace){ tree->files, 1 },
		                     -EINVAL, why, "no group");
	return err;
}

void conf_release(struct conf *c)
{
	for (size_t i = 0; i < c->group_count; i++)
		group_release(&c->groups[i]);
	free(c->groups);
	options_release(confnode_options, &c->node);
	free(c->path);
	*c = (struct conf){ 0 };
}
