/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/deploy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct group_settings settings_of(const struct conf_group *g)
{
	return (struct group_settings){
		.policy = evict_find(g->policy),
		.capacity = g->capacity,
		.max_value = g->max_value,
		.ttl_ms = g->ttl_ms,
		.negative_ttl_ms = g->negative_ttl_ms,
		.timeout_ms = g->timeout_ms,
		.kernel_cache_ms = g->kernel_cache_ms,
		.loads = g->loads,
		.mode = g->mode,
		.uid = g->uid,
		.gid = g->gid,
	};
}

static void getters_free(struct getter **getters, size_t count)
{
	for (size_t i = 0; getters && i < count; i++)
		getter_unref(getters[i]);
	free(getters);
}

/* One a group, in the order of the configuration; NULL with the reason. */
static struct getter **getters_create(const struct conf *conf,
                                      struct reason *why)
{
	struct getter **getters =
	        calloc(conf->group_count + 1, sizeof(*getters));

	if (!getters)
		reason_set(why, -ENOMEM, "out of memory");
	for (size_t i = 0; getters && i < conf->group_count; i++) {
		struct reason cause = { "" };

		if (getter_create(&getters[i], &conf->groups[i].getter,
		                  &cause) < 0) {
			reason_set(why, -EINVAL, "group '%s': %s",
			           conf->groups[i].name, cause.text);
			getters_free(getters, i);
			return NULL;
		}
	}
	return getters;
}

static const struct conf_group *conf_find(const struct conf *conf,
                                          const char *name)
{
	for (size_t i = 0; i < conf->group_count; i++)
		if (strcmp(conf->groups[i].name, name) == 0)
			return &conf->groups[i];
	return NULL;
}

/* A group that is there already keeps what it holds, unless its values now
 * come from another source. */
static int deploy_group(struct deploy *d, const struct conf_group *made,
                        struct getter *getter)
{
	const struct conf_group *old = conf_find(&d->conf, made->name);
	struct group_settings settings = settings_of(made);
	struct group *g = old ? node_find_group(d->node, made->name) : NULL;
	int err;

	if (!g)
		return node_add_group(d->node, made->name, &settings, getter);
	err = group_configure(g, &settings, getter,
	                      getter_spec_equal(&old->getter, &made->getter));
	group_unref(g);
	return err;
}

static int deploy_groups(struct deploy *d, const struct conf *conf,
                         struct getter **getters, struct reason *why)
{
	for (size_t i = 0; i < d->conf.group_count; i++)
		if (!conf_find(conf, d->conf.groups[i].name))
			node_remove_group(d->node, d->conf.groups[i].name);
	for (size_t i = 0; i < conf->group_count; i++) {
		int err = deploy_group(d, &conf->groups[i], getters[i]);

		if (err)
			return reason_set(why, err, "group '%s': %s",
			                  conf->groups[i].name, strerror(-err));
	}
	node_set_loads(d->node, conf->node.loads);
	log_set_level(conf->node.log);
	return 0;
}

/* Takes `conf` in any case. */
static int deploy_apply(struct deploy *d, struct conf *conf, struct reason *why)
{
	struct getter **getters = getters_create(conf, why);
	int err = getters ? deploy_groups(d, conf, getters, why) : -EINVAL;

	getters_free(getters, conf->group_count);
	if (!getters) {
		conf_release(conf);
		return err;
	}
	conf_release(&d->conf);
	d->conf = *conf;
	return err;
}

int deploy_init(struct deploy *d, struct conf *conf, struct reason *why)
{
	int err;

	*d = (struct deploy){ .node = NULL };
	err = node_create(&d->node, conf->node.loads);
	if (err) {
		conf_release(conf);
		return reason_set(why, err, "cannot start: %s", strerror(-err));
	}
	err = deploy_apply(d, conf, why);
	if (err)
		deploy_release(d);
	return err;
}

void deploy_release(struct deploy *d)
{
	node_destroy(d->node);
	conf_release(&d->conf);
}

int deploy_reload(struct deploy *d, struct reason *why)
{
	struct conf conf;
	int err;

	if (!d->conf.path[0])
		return reason_set(why, -EINVAL, "there is no file to reload");
	err = conf_load(&conf, d->conf.path, why);
	return err ? err : deploy_apply(d, &conf, why);
}
