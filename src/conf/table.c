/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/table.h"

#include "conf/conf.h"
#include "conf/type.h"

#include <string.h>

#define LOADS_MAX 4096

#define NODE(name, type, member, ...) \
	OPTION(name, type, struct conf_node, member, __VA_ARGS__)
#define GROUP(name, type, member, ...) \
	OPTION(name, type, struct conf_group, member, __VA_ARGS__)

const struct option_def confnode_options[] = {
	NODE("listen", &conftype_listen, listen, .example = "127.0.0.1:7246",
	     .about = "where peers reach this node"),
	NODE("api", &conftype_listen, api, .example = "127.0.0.1:8080",
	     .about = "HTTP for everybody else"),
	NODE("self", &option_text, self, .example = "http://127.0.0.1:7246",
	     .about = "its name, one of the peers"),
	NODE("peers", &option_texts, peers, .example = "http://127.0.0.1:7246",
	     .about = "the same on every node"),
	NODE("protocol", &conftype_protocol, protocol, .fallback = "groupcache",
	     .about = "or dreamemo: the other peers'"),
	NODE("codec", &conftype_codec, codec, .fallback = "protobuf",
	     .about = "or thrift, with dreamemo"),
	NODE("placement", &conftype_placement, placement,
	     .example = "rendezvous", .about = "if all are dreamfs: more even"),
	NODE("replicas", OPTION_NUMBER(1, PLACEMENT_REPLICAS_MAX), replicas,
	     .example = "50", .about = "points of each peer on the ring"),
	NODE("peer_timeout", &option_wait, peer_timeout_ms, .fallback = "2s",
	     .about = "then it is done without them"),
	NODE("health_interval", &option_wait, health_interval_ms,
	     .fallback = "2s", .about = "how often they are looked at"),
	NODE("drain", &option_duration, drain_ms, .example = "0",
	     .about = "served so long when leaving"),
	NODE("loads", OPTION_NUMBER(1, LOADS_MAX), loads, .fallback = "64",
	     .about = "how many run at once"),
	NODE("log", &conftype_log, log, .fallback = "info",
	     .about = "error | warn | info | debug"),
	NODE("log_format", &conftype_format, log_format, .fallback = "text",
	     .about = "or json"),
	{ 0 },
};

const struct option_def confgroup_options[] = {
	GROUP("capacity", &option_size, settings.capacity, .fallback = "64M",
	      .about = "memory; then some must go"),
	GROUP("policy", &conftype_policy, settings.policy, .fallback = "lru",
	      .about = "which go: see dreamfs.conf(5)"),
	GROUP("ttl", &conftype_ttl, settings.ttl_ms, .fallback = "0",
	      .about = "how long it is fresh; 0: for ever"),
	GROUP("negative_ttl", &option_duration, settings.negative_ttl_ms,
	      .fallback = "0", .about = "the same of \"no such key\""),
	GROUP("stale", &option_duration, settings.stale_ms, .fallback = "0",
	      .about = "after ttl, while renewed or failing"),
	GROUP("timeout", &option_wait, settings.timeout_ms, .fallback = "30s",
	      .about = "how long a reader waits"),
	GROUP("max_value", &option_size, settings.max_value, .fallback = "64M",
	      .about = "larger: EFBIG"),
	GROUP("kernel_cache", &option_duration, settings.kernel_cache_ms,
	      .fallback = "1m", .about = "how long the kernel may not ask"),
	GROUP("loads", OPTION_NUMBER(1, LOADS_MAX), settings.loads,
	      .fallback = "32", .about = "how many run at once"),
	GROUP("hot", &option_share, settings.hot, .fallback = "10%",
	      .about = "share of peers' answers kept here"),
	GROUP("mode", &conftype_mode, settings.mode, .fallback = "0444",
	      .about = "who may read"),
	GROUP("uid", &conftype_uid, settings.uid, .example = "root",
	      .about = "whose files they are"),
	GROUP("gid", &conftype_gid, settings.gid, .example = "root",
	      .about = "and which group's"),
	{ 0 },
};

const struct option_def *conftable_find(enum confkind kind, const char *name)
{
	const struct option_def *opt;

	if (kind == CONFBLOCK_NODE)
		return option_find(confnode_options, name);
	opt = option_find(confgroup_options, name);
	for (size_t i = 0; !opt && getter_table[i]; i++) {
		const struct getter_ops *ops = getter_table[i];

		if (kind == CONFBLOCK_GROUP &&
		    strcmp(ops->source.name, name) == 0)
			opt = &ops->source;
		else
			opt = option_find(ops->options, name);
	}
	return opt;
}

static size_t table_add(const struct option_def *table, const char **names,
                        size_t n)
{
	for (; table && table->name && n < CONFTABLE_MAX; table++)
		names[n++] = table->name;
	return n;
}

const char **conftable_names(enum confkind kind,
                             const char *names[CONFTABLE_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; kind == CONFBLOCK_GROUP && getter_table[i]; i++)
		names[n++] = getter_table[i]->source.name;
	n = table_add(kind == CONFBLOCK_NODE ? confnode_options
	                                     : confgroup_options,
	              names, n);
	for (size_t i = 0; kind != CONFBLOCK_NODE && getter_table[i]; i++)
		n = table_add(getter_table[i]->options, names, n);
	names[n] = NULL;
	return names;
}

char *conftable_getters(const char *option, bool tells_ttl,
                        char out[CONFTABLE_GETTERS_MAX])
{
	size_t len = 0;

	*out = '\0';
	for (size_t i = 0; getter_table[i]; i++) {
		const struct getter_ops *ops = getter_table[i];

		if ((option && !option_find(ops->options, option)) ||
		    (tells_ttl && !ops->tells_ttl) ||
		    len >= CONFTABLE_GETTERS_MAX)
			continue;
		len += (size_t)snprintf(out + len, CONFTABLE_GETTERS_MAX - len,
		                        "%s%s", len ? " or " : "",
		                        ops->source.name);
	}
	return out;
}
