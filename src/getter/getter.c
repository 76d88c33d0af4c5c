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
	struct getter_spec spec; /* owned */
	atomic_uint refs;
	void *state; /* what ops->create() made */
	char *description;
};

const struct getter_ops *getter_ops_find(const char *name)
{
	for (size_t i = 0; getter_table[i]; i++)
		if (strcmp(getter_table[i]->source.name, name) == 0)
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
	if (asprintf(&text, "%s: %.*s%s", spec->ops->source.name, (int)scheme,
	             source, scheme ? host + userinfo_length(host) : host) < 0)
		return NULL;
	return text;
}

int getter_spec_init(struct getter_spec *spec, const struct getter_ops *ops)
{
	*spec = (struct getter_spec){ .ops = ops };
	if (!ops->options)
		return 0;
	spec->options = calloc(1, ops->options_size);
	return spec->options ? options_init(ops->options, spec->options)
	                     : -ENOMEM;
}

void getter_spec_release(struct getter_spec *spec)
{
	if (spec->options)
		options_release(spec->ops->options, spec->options);
	free(spec->options);
	free(spec->source);
	*spec = (struct getter_spec){ 0 };
}

static void getter_destroy(struct getter *g)
{
	getter_spec_release(&g->spec);
	free(g->description);
	free(g);
}

int getter_create(struct getter **out, struct getter_spec *spec,
                  struct reason *why)
{
	struct getter *g = calloc(1, sizeof(*g));
	int err = -ENOMEM;

	*out = NULL;
	if (!g) {
		getter_spec_release(spec);
		return reason_oom(why, err);
	}
	g->spec = *spec;
	*spec = (struct getter_spec){ 0 };
	atomic_init(&g->refs, 1);
	g->description = describe(&g->spec);
	if (g->description)
		err = g->spec.ops->create(&g->state, &g->spec, why);
	else
		reason_oom(why, err);
	if (err)
		getter_destroy(g);
	else
		*out = g;
	return err;
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
	g->spec.ops->destroy(g->state);
	getter_destroy(g);
}

int getter_get(struct getter *g, const struct load *load,
               struct load_result *result)
{
	*result = (struct load_result){ .ttl_ms = TTL_DEFAULT };
	return g->spec.ops->get(g->state, load, result);
}

const struct getter_spec *getter_spec(const struct getter *g)
{
	return &g->spec;
}

bool getter_equal(const struct getter *a, const struct getter *b)
{
	const struct getter_spec *x = &a->spec, *y = &b->spec;

	return x->ops == y->ops && strcmp(x->source, y->source) == 0 &&
	       x->ttl_origin == y->ttl_origin &&
	       (!x->ops->options ||
	        options_equal(x->ops->options, x->options, y->options));
}

const char *getter_describe(const struct getter *g)
{
	return g->description;
}
