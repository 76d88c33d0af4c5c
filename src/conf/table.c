/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/table.h"

#include "conf/conf.h"

#include <string.h>

#define NODE(name, fallback, field, type) \
	{ \
		name, CONFOPT_NODE, NULL, fallback, \
		        offsetof(struct conf_node, field), &(type) \
	}
#define SOURCE(name, type) \
	{ \
		name, CONFOPT_SOURCE, name, NULL, \
		        offsetof(struct conf_group, getter.source), &(type) \
	}
#define GROUP(name, fallback, field, type) \
	{ \
		name, CONFOPT_GROUP, NULL, fallback, \
		        offsetof(struct conf_group, field), &(type) \
	}
#define GETTER(getter_name, name, fallback, field, type) \
	{ \
		name, CONFOPT_GROUP, getter_name, fallback, \
		        offsetof(struct conf_group, getter.field), &(type) \
	}

const struct confopt conftable[] = {
	NODE("listen", NULL, listen, conftype_listen),
	NODE("api", NULL, api, conftype_listen),
	NODE("self", NULL, self, conftype_text),
	NODE("peers", NULL, peers, conftype_peers),
	NODE("protocol", "groupcache", protocol, conftype_protocol),
	NODE("codec", "protobuf", codec, conftype_codec),
	NODE("placement", NULL, placement, conftype_placement),
	NODE("replicas", NULL, replicas, conftype_replicas),
	NODE("peer_timeout", "2s", peer_timeout_ms, conftype_wait),
	NODE("health_interval", "2s", health_interval_ms, conftype_wait),
	NODE("drain", NULL, drain_ms, conftype_duration),
	NODE("loads", "64", loads, conftype_count),
	NODE("log", "info", log, conftype_log),
	NODE("log_format", "text", log_format, conftype_format),

	SOURCE("command", conftype_command),
	SOURCE("url", conftype_url),
	SOURCE("redis", conftype_url),

	GROUP("capacity", "64M", capacity, conftype_size),
	GROUP("policy", "lru", policy, conftype_policy),
	GROUP("ttl", "0", ttl_ms, conftype_ttl),
	GROUP("negative_ttl", "0", negative_ttl_ms, conftype_duration),
	GROUP("stale", "0", stale_ms, conftype_duration),
	GROUP("timeout", "30s", timeout_ms, conftype_wait),
	GROUP("max_value", "64M", max_value, conftype_size),
	GROUP("kernel_cache", "1m", kernel_cache_ms, conftype_duration),
	GROUP("loads", "32", loads, conftype_count),
	GROUP("hot", "10%", hot, conftype_share),
	GROUP("mode", "0444", mode, conftype_mode),
	GROUP("uid", NULL, uid, conftype_uid),
	GROUP("gid", NULL, gid, conftype_gid),

	GETTER("command", "not_found_exit", "1", not_found_exit,
	       conftype_exits),
	GETTER("command", "user", NULL, user, conftype_text),

	GETTER("url or redis", "password_file", NULL, password_file,
	       conftype_path),
	GETTER("url", "header", NULL, headers, conftype_headers),
	GETTER("url", "header_file", NULL, header_file, conftype_path),
	GETTER("url", "token_file", NULL, token_file, conftype_path),
	GETTER("url", "sigv4", NULL, sigv4, conftype_text),
	GETTER("url", "credentials_file", NULL, credentials_file,
	       conftype_path),
	GETTER("url", "profile", NULL, profile, conftype_text),
	GETTER("url", "netrc", NULL, netrc, conftype_path),
	GETTER("url", "user_agent", NULL, user_agent, conftype_text),
	GETTER("url or redis", "ca_file", NULL, ca_file, conftype_path),
	GETTER("url or redis", "cert_file", NULL, cert_file, conftype_path),
	GETTER("url or redis", "key_file", NULL, key_file, conftype_path),
	GETTER("url or redis", "insecure", "no", insecure, conftype_flag),
	GETTER("url or redis", "connect_timeout", "10s", connect_timeout_ms,
	       conftype_wait),
	GETTER("url or redis", "retries", "2", retries, conftype_retries),
	GETTER("url", "proxy", NULL, proxy, conftype_url),

	GETTER("redis", "redis_key", "{key}", redis_key, conftype_text),

	{ 0 },
};

_Static_assert(sizeof(conftable) / sizeof(conftable[0]) <= CONFTABLE_MAX,
               "the table outgrew CONFTABLE_MAX");

bool confopt_fits(const struct confopt *opt, const char *getter)
{
	size_t len = strlen(getter);

	if (opt->where == CONFOPT_NODE || !opt->getter)
		return opt->where != CONFOPT_NODE;
	for (const char *at = opt->getter; at; at = strchr(at, ' ')) {
		at += strspn(at, " ");
		if (strncmp(at, getter, len) == 0 &&
		    (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}
