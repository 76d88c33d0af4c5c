/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/getter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct getter_ops getter_command, getter_url, getter_redis;

const struct getter_ops *const getter_table[] = {
	&getter_command,
	&getter_url,
	&getter_redis,
	NULL,
};

struct getter {
	const struct getter_ops *ops;
	atomic_uint refs;
	void *state; /* what ops->create() made */
	char *description;
};

const struct getter_ops *getter_ops_find(const char *name)
{
	for (size_t i = 0; getter_table[i]; i++)
		if (strcmp(getter_table[i]->name, name) == 0)
			return getter_table[i];
	return NULL;
}

/* How many bytes of "user:password@" stand at the start of `host`. */
static size_t userinfo_length(const char *host)
{
	size_t len = strcspn(host, "/?#");

	while (len > 0 && host[len - 1] != '@')
		len--;
	return len;
}

/* "url: https://host/{key}", without the user of a URL and its password. */
static char *describe(const struct getter_spec *spec)
{
	const char *source = spec->source, *host = strstr(source, "://");
	size_t scheme = host ? (size_t)(host + 3 - source) : 0;
	char *text;

	/* A command is shown as it is, whatever URLs are among its words. */
	if (strcspn(source, " \t\n'\"") < scheme)
		scheme = 0;
	host = source + scheme;
	if (asprintf(&text, "%s: %.*s%s", spec->ops->name, (int)scheme, source,
	             scheme ? host + userinfo_length(host) : host) < 0)
		return NULL;
	return text;
}

int getter_create(struct getter **out, const struct getter_spec *spec,
                  struct reason *why)
{
	struct getter *g = calloc(1, sizeof(*g));
	int err;

	*out = NULL;
	if (!g || !(g->description = describe(spec))) {
		free(g);
		return reason_set(why, -ENOMEM, "out of memory");
	}
	g->ops = spec->ops;
	atomic_init(&g->refs, 1);
	err = g->ops->create(&g->state, spec, why);
	if (err) {
		free(g->description);
		free(g);
		return err;
	}
	*out = g;
	return 0;
}

struct getter *getter_ref(struct getter *g)
{
	atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
	return g;
}

void getter_unref(struct getter *g)
{
	if (!g ||
	    atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) != 1)
		return;
	g->ops->destroy(g->state);
	free(g->description);
	free(g);
}

int getter_get(struct getter *g, const struct load *load,
               struct load_result *result)
{
	*result = (struct load_result){ .ttl_ms = TTL_DEFAULT };
	return g->ops->get(g->state, load, result);
}

const char *getter_describe(const struct getter *g)
{
	return g->description;
}

void getter_spec_release(struct getter_spec *spec)
{
	for (size_t i = 0; i < spec->header_count; i++)
		free(spec->headers[i]);
	free(spec->headers);
	free(spec->not_found_exit);
	free(spec->source);
	free(spec->user);
	free(spec->password_file);
	free(spec->header_file);
	free(spec->netrc);
	free(spec->user_agent);
	free(spec->ca_file);
	free(spec->cert_file);
	free(spec->key_file);
	free(spec->proxy);
	free(spec->token_file);
	free(spec->sigv4);
	free(spec->credentials_file);
	free(spec->profile);
	free(spec->redis_key);
	*spec = (struct getter_spec){ 0 };
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool lists_equal(const struct getter_spec *a,
                        const struct getter_spec *b)
{
	if (a->header_count != b->header_count ||
	    a->not_found_exits != b->not_found_exits)
		return false;
	for (size_t i = 0; i < a->header_count; i++)
		if (!text_equal(a->headers[i], b->headers[i]))
			return false;
	for (size_t i = 0; i < a->not_found_exits; i++)
		if (a->not_found_exit[i] != b->not_found_exit[i])
			return false;
	return true;
}

bool getter_spec_equal(const struct getter_spec *a, const struct getter_spec *b)
{
	return a->ops == b->ops && text_equal(a->source, b->source) &&
	       text_equal(a->user, b->user) &&
	       text_equal(a->password_file, b->password_file) &&
	       text_equal(a->header_file, b->header_file) &&
	       text_equal(a->netrc, b->netrc) &&
	       text_equal(a->user_agent, b->user_agent) &&
	       text_equal(a->ca_file, b->ca_file) &&
	       text_equal(a->cert_file, b->cert_file) &&
	       text_equal(a->key_file, b->key_file) &&
	       text_equal(a->proxy, b->proxy) &&
	       text_equal(a->token_file, b->token_file) &&
	       text_equal(a->sigv4, b->sigv4) &&
	       text_equal(a->credentials_file, b->credentials_file) &&
	       text_equal(a->profile, b->profile) &&
	       text_equal(a->redis_key, b->redis_key) &&
	       a->insecure == b->insecure &&
	       a->connect_timeout_ms == b->connect_timeout_ms &&
	       a->retries == b->retries && a->ttl_origin == b->ttl_origin &&
	       lists_equal(a, b);
}
