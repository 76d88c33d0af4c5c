/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/deploy.h"

#include "os/process.h"
#include "os/sdnotify.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#define MMAP_THRESHOLD    (256 * 1024)
#define MALLOC_ARENAS_MAX 2

/* ---- groups ---- */

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
static int deploy_group(struct deploy *d, const struct conf_group *made)
{
	const struct conf_group *old = conf_find(&d->conf, made->name);
	struct group *g = old ? node_find_group(d->node, made->name) : NULL;
	int err;

	if (!g)
		return node_add_group(d->node, made->name, &made->settings,
		                      made->getter);
	err = group_configure(g, &made->settings, made->getter,
	                      getter_equal(old->getter, made->getter));
	group_unref(g);
	return err;
}

static int deploy_groups(struct deploy *d, const struct conf *conf,
                         struct reason *why)
{
	for (size_t i = 0; i < d->conf.group_count; i++)
		if (!conf_find(conf, d->conf.groups[i].name))
			node_remove_group(d->node, d->conf.groups[i].name);
	for (size_t i = 0; i < conf->group_count; i++) {
		int err = deploy_group(d, &conf->groups[i]);

		if (err)
			return reason_set(why, err, "group '%s': %s",
			                  conf->groups[i].name, strerror(-err));
	}
	node_set_loads(d->node, conf->node.loads);
	log_set(conf->node.log, conf->node.log_format);
	return 0;
}

/* ---- peers ---- */

static int deploy_peers(struct deploy *d, const struct conf_node *n,
                        struct reason *why)
{
	struct peers_config config = {
		.peer = { .dialect = n->protocol,
		          .codec = n->codec,
		          .timeout_ms = n->peer_timeout_ms,
		          .health_ms = n->health_interval_ms },
		.placement = n->placement,
		.replicas = (unsigned int)n->replicas,
		.urls = n->peers.items,
		.count = n->peers.count,
		.self = n->self,
	};
	int err;

	if (d->peers)
		return peers_configure(d->peers, &config, why);
	if (!n->peers.count)
		return 0;
	err = peers_create(&d->peers, &config, why);
	if (!err)
		node_set_peers(d->node, d->peers);
	return err;
}

/* For peers, and for whatever speaks HTTP. */
static int deploy_doors(struct deploy *d, struct reason *why)
{
	const struct conf_node *n = &d->conf.node;
	struct api_config api = { .listen = n->api };
	struct server_config server = {
		.listen = n->listen,
		.peers = d->peers,
		.dialect = n->protocol,
		.codec = n->codec,
	};
	int err = n->api ? api_create(&d->api, d->node, &api, why) : 0;

	if (!err && n->api)
		log_info("front door at '%s', port %u", n->api,
		         (unsigned int)httpd_port(api_httpd(d->api)));
	if (!err && n->listen)
		err = server_create(&d->server, d->node, &server, why);
	if (!err && n->listen)
		log_info("listening on '%s', port %u", n->listen,
		         (unsigned int)httpd_port(server_httpd(d->server)));
	return err;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What this node is to others, it is until it ends. */
static int deploy_refuse(const struct conf_node *old,
                         const struct conf_node *made, struct reason *why)
{
	const char *what = !same_text(old->listen, made->listen) ? "listen"
	                   : !same_text(old->api, made->api)     ? "api"
	                   : !same_text(old->self, made->self)   ? "self"
	                   : old->protocol != made->protocol     ? "protocol"
	                   : old->codec != made->codec           ? "codec"
	                                                         : NULL;

	return what ? reason_set(why, -EINVAL,
	                         "'%s' in node is not what it was, and only a "
	                         "restart can change it",
	                         what)
	            : 0;
}

/* ---- all of it ---- */

static void warn(const char *line)
{
	log_warn("%s", line);
}

/* Takes `conf` in any case. */
static int deploy_apply(struct deploy *d, struct conf *conf, struct reason *why)
{
	int err = deploy_peers(d, &conf->node, why);
	char *text = NULL;
	size_t size;
	FILE *out;

	if (err) {
		conf_release(conf);
		return err;
	}
	conf_warn(conf, warn);
	err = deploy_groups(d, conf, why);
	conf_release(&d->conf);
	d->conf = *conf;
	out = open_memstream(&text, &size);
	if (out) { /* without memory there is nothing to look at */
		conf_print(&d->conf, out);
		fclose(out);
		node_set_config(d->node, text);
	}
	return err;
}

static void warn_of_root(void *group, const char *line)
{
	log_line(LOG_LVL_WARN, &(struct log_about){ .group = group }, "%s",
	         line);
}

/* Commands that run as root run for others, too. */
static void deploy_warn_of_root(const struct conf *conf, bool allow_other)
{
	const char *whom = allow_other         ? "everybody (allow_other)"
	                   : conf->node.listen ? "its peers (listen)"
	                   : conf->node.api    ? "whoever asks (api)"
	                                       : NULL;

	if (geteuid() != 0 || !whom)
		return;
	for (size_t i = 0; i < conf->group_count; i++) {
		const struct conf_group *g = &conf->groups[i];
		const struct getter_spec *spec = getter_spec(g->getter);

		if (spec->ops->warn_of_root)
			spec->ops->warn_of_root(spec, whom, warn_of_root,
			                        g->name);
	}
}

int deploy_init(struct deploy *d, struct conf *conf, enum log_sink sink,
                bool allow_other)
{
	struct reason why = { "" };
	int err;

	log_set(conf->node.log, conf->node.log_format);
	sdnotify_init();
	process_raise_files();
	log_start(sink, 0);
	/* Big values go back to the system when they are freed; the threads
	 * share a few heaps, so that what one frees another uses. */
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	mallopt(M_ARENA_MAX, MALLOC_ARENAS_MAX);
	log_info("starting: version " DREAMFS_VERSION ", %s%s%s%zu group%s",
	         conf->path[0] ? "configuration '" : "", conf->path,
	         conf->path[0] ? "', " : "", conf->group_count,
	         conf->group_count == 1 ? "" : "s");
	*d = (struct deploy){ .node = NULL };
	err = node_create(&d->node, conf->node.loads);
	if (err) {
		conf_release(conf);
		reason_set(&why, err, "cannot start: %s", strerror(-err));
	} else {
		err = deploy_apply(d, conf, &why);
	}
	if (!err)
		err = deploy_doors(d, &why);
	if (err) {
		log_error("%s", why.text);
		deploy_release(d);
		return err;
	}
	deploy_warn_of_root(&d->conf, allow_other);
	return 0;
}

void deploy_ready(struct deploy *d)
{
	if (d->api)
		api_serve(d->api);
}

void deploy_drain(struct deploy *d)
{
	if (d->api)
		api_drain(d->api);
	if (d->server)
		server_drain(d->server);
}

void deploy_close(struct deploy *d)
{
	if (d->server)
		httpd_stop(server_httpd(d->server));
	if (d->api)
		httpd_stop(api_httpd(d->api));
	if (d->node)
		node_close(d->node);
}

void deploy_release(struct deploy *d)
{
	deploy_close(d);
	server_destroy(d->server);
	api_destroy(d->api);
	node_destroy(d->node);
	peers_destroy(d->peers);
	conf_release(&d->conf);
	log_stop();
	log_info("ended");
}

int deploy_reload(struct deploy *d, struct reason *why)
{
	struct conf conf;
	int err;

	if (!d->conf.path[0])
		return reason_set(why, -EINVAL, "there is no file to reload");
	err = conf_load(&conf, d->conf.path, why);
	if (err)
		return err;
	err = deploy_refuse(&d->conf.node, &conf.node, why);
	if (!err)
		return deploy_apply(d, &conf, why);
	conf_release(&conf);
	return err;
}
