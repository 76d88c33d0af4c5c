/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/attribute.h"

#include "lib/clock.h"
#include "lib/units.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define PREFIX     "user.dreamfs."
#define PREFIX_LEN (sizeof(PREFIX) - 1)

#define FIGURE(field) offsetof(struct subject, field)
#define STAT(field)   FIGURE(stats.field)

/* ---- the root ---- */

static int get_version(const struct subject *s, struct buf *out)
{
	(void)s;
	return buf_puts(out, DREAMFS_VERSION);
}

static int get_pid(const struct subject *s, struct buf *out)
{
	(void)s;
	return buf_printf(out, "%d", (int)getpid());
}

static int get_uptime(const struct subject *s, struct buf *out)
{
	return buf_printf(out, "%" PRId64, node_uptime(s->node));
}

static int get_groups(const struct subject *s, struct buf *out)
{
	size_t count;
	struct group **groups = node_groups(s->node, &count);

	if (!groups)
		return -ENOMEM;
	for (size_t n = 0; n < count; n++)
		buf_printf(out, "%s%s", n ? " " : "", group_name(groups[n]));
	node_groups_free(groups, count);
	return out->err;
}

static int get_self(const struct subject *s, struct buf *out)
{
	struct ring *ring = peers_ring(node_peers(s->node));

	buf_puts(out, ring->names[ring->self]);
	ring_unref(ring);
	return out->err;
}

static int get_peers(const struct subject *s, struct buf *out)
{
	return peers_print(node_peers(s->node), ", ", out);
}

static int get_protocol(const struct subject *s, struct buf *out)
{
	return buf_puts(out, peers_dialect(node_peers(s->node))->name);
}

static const struct attribute root_attributes[] = {
	{ "version", get_version, NULL, ALWAYS, 0 },
	{ "pid", get_pid, NULL, ALWAYS, 0 },
	{ "uptime", get_uptime, NULL, ALWAYS, 0 },
	{ "self", get_self, NULL, WITH_PEERS, 0 },
	{ "peers", get_peers, NULL, WITH_PEERS, 0 },
	{ "protocol", get_protocol, NULL, WITH_PEERS, 0 },
	{ "groups", get_groups, NULL, ALWAYS, 0 },
	{ NULL, NULL, NULL, ALWAYS, 0 },
};

/* ---- a group ---- */

static int get_policy(const struct subject *s, struct buf *out)
{
	return buf_puts(out, s->set.policy->name);
}

static int set_policy(struct group *g, const char *text)
{
	const struct evict_ops *ops = evict_find(text);

	return ops ? group_set_policy(g, ops) : -EINVAL;
}

static int get_policies(const struct subject *s, struct buf *out)
{
	(void)s;
	for (size_t n = 0; evict_table[n]; n++)
		buf_printf(out, "%s%s", n ? " " : "", evict_table[n]->name);
	return out->err;
}

static int set_capacity(struct group *g, const char *text)
{
	uint64_t capacity;

	if (size_parse(text, &capacity) < 0)
		return -EINVAL;
	group_set_capacity(g, capacity);
	return 0;
}

static int get_ttl(const struct subject *s, struct buf *out)
{
	char text[UNITS_TEXT_MAX];

	return buf_puts(out, duration_format(s->set.ttl_ms, text));
}

static int set_ttl(struct group *g, const char *text)
{
	int64_t ttl_ms;

	if (duration_parse(text, &ttl_ms) < 0)
		return -EINVAL;
	group_set_ttl(g, ttl_ms);
	return 0;
}

static int get_getter(const struct subject *s, struct buf *out)
{
	char text[1024];

	group_describe_getter(s->inode->group, text, sizeof(text));
	return buf_puts(out, text);
}

static int get_stats(const struct subject *s, struct buf *out)
{
	return group_stats_print(&s->stats, out);
}

/* Any text will do. */
static int set_invalidate(struct group *g, const char *text)
{
	(void)text;
	group_clear_everywhere(g);
	return 0;
}

static const struct attribute group_attributes[] = {
	{ "policy", get_policy, set_policy, ALWAYS, 0 },
	{ "policies", get_policies, NULL, ALWAYS, 0 },
	{ "capacity", NULL, set_capacity, ALWAYS, STAT(capacity) },
	{ "ttl", get_ttl, set_ttl, ALWAYS, 0 },
	{ "bytes", NULL, NULL, ALWAYS, STAT(bytes) },
	{ "items", NULL, NULL, ALWAYS, STAT(items) },
	{ "hot_bytes", NULL, NULL, ALWAYS, STAT(hot_bytes) },
	{ "hot_items", NULL, NULL, ALWAYS, STAT(hot_items) },
	{ "getter", get_getter, NULL, ALWAYS, 0 },
	{ "evictions", NULL, NULL, ALWAYS, STAT(evictions) },
	{ "expired", NULL, NULL, ALWAYS, STAT(expired) },
	{ "stats", get_stats, NULL, ALWAYS, 0 },
	{ "invalidate", NULL, set_invalidate, ALWAYS, 0 },
#define X(name, help) { #name, NULL, NULL, ALWAYS, STAT(of[COUNT_##name]) },
	COUNTERS(X)
#undef X
	        { NULL, NULL, NULL, ALWAYS, 0 },
};

/* ---- a key ---- */

static int get_owner(const struct subject *s, struct buf *out)
{
	return peers_print_owner(node_peers(s->node), s->inode->key, out);
}

static int get_source(const struct subject *s, struct buf *out)
{
	const struct value *v = s->peek.value;

	return buf_puts(out, !v                             ? "none"
	                     : v->source == VALUE_FROM_PEER ? "peer"
	                                                    : "getter");
}

static int get_state(const struct subject *s, struct buf *out)
{
	return buf_puts(out, s->peek.state == CACHE_FRESH ? "fresh" : "stale");
}

/* Whole seconds, like HTTP's Age. */
static int get_age(const struct subject *s, struct buf *out)
{
	int64_t now = clock_unix_ns() / CLOCK_NS_PER_S;

	return buf_printf(out, "%" PRId64,
	                  now - s->peek.value->loaded_ns / CLOCK_NS_PER_S);
}

/* Whole seconds that it is still fresh, begun ones counted. */
static int get_left(const struct subject *s, struct buf *out)
{
	int64_t left = s->peek.expires_ms - clock_now_ms();

	if (s->peek.expires_ms == CLOCK_NEVER)
		return buf_puts(out, "never");
	return buf_printf(out, "%" PRId64, left > 0 ? (left + 999) / 1000 : 0);
}

static int get_size(const struct subject *s, struct buf *out)
{
	return buf_printf(out, "%zu", s->peek.value->size);
}

static int get_etag(const struct subject *s, struct buf *out)
{
	const struct value *v = s->peek.value;

	return v && v->etag ? buf_puts(out, v->etag) : -ENODATA;
}

static int get_sha256(const struct subject *s, struct buf *out)
{
	const char *hex = value_sha256(s->peek.value);

	return hex ? buf_puts(out, hex) : -ENOMEM;
}

static int get_fetch_ms(const struct subject *s, struct buf *out)
{
	return buf_printf(out, "%d", atomic_load(&s->peek.value->fetch_ms));
}

static int get_error(const struct subject *s, struct buf *out)
{
	return s->peek.why.text[0] ? buf_puts(out, s->peek.why.text) : -ENODATA;
}

static const struct attribute key_attributes[] = {
	{ "owner", get_owner, NULL, WITH_PEERS, 0 },
	{ "source", get_source, NULL, ALWAYS, 0 },
	{ "state", get_state, NULL, WITH_VALUE, 0 },
	{ "age", get_age, NULL, WITH_VALUE, 0 },
	{ "ttl", get_left, NULL, WITH_VALUE, 0 },
	{ "size", get_size, NULL, WITH_VALUE, 0 },
	{ "hits", NULL, NULL, WITH_VALUE, FIGURE(peek.hits) },
	{ "etag", get_etag, NULL, ALWAYS, 0 },
	{ "sha256", get_sha256, NULL, WITH_VALUE, 0 },
	{ "fetch_ms", get_fetch_ms, NULL, WITH_VALUE, 0 },
	{ "error", get_error, NULL, ALWAYS, 0 },
	{ NULL, NULL, NULL, ALWAYS, 0 },
};

/* ---- all of them ---- */

static const struct attribute *const attributes[] = {
	[INODE_ROOT] = root_attributes,
	[INODE_GROUP] = group_attributes,
	[INODE_KEY] = key_attributes,
	[INODE_REPORT] = NULL, /* nor has INODE_ABOUT any */
};

const struct attribute *attribute_find(const struct inode *i, const char *name)
{
	const struct attribute *a;

	if (strncmp(name, PREFIX, PREFIX_LEN) != 0)
		return NULL;
	for (a = attributes[i->kind]; a && a->name; a++)
		if (strcmp(a->name, name + PREFIX_LEN) == 0)
			return a;
	return NULL;
}

int attribute_get(const struct attribute *a, const struct subject *s,
                  struct buf *out)
{
	if ((a->needs == WITH_PEERS && !node_peers(s->node)) ||
	    (a->needs == WITH_VALUE && !s->peek.value))
		return -ENODATA;
	if (a->figure)
		return buf_printf(
		        out, "%" PRIu64,
		        *(const uint64_t *)((const char *)s + a->figure));
	return a->get ? a->get(s, out) : -ENODATA;
}

int attribute_list(const struct inode *i, struct node *node, struct buf *names)
{
	const struct attribute *a;

	for (a = attributes[i->kind]; a && a->name; a++)
		if ((a->get || a->figure) &&
		    (a->needs != WITH_PEERS || node_peers(node)))
			buf_printf(names, PREFIX "%s%c", a->name, '\0');
	return names->err;
}

void subject_init(struct subject *s, struct node *node, const struct inode *i)
{
	*s = (struct subject){ .node = node, .inode = i };
	if (i->kind == INODE_GROUP) {
		s->set = group_settings(i->group);
		s->stats = group_stats(i->group);
	} else if (i->kind == INODE_KEY) {
		s->peek = group_peek(i->group, i->key);
	}
}

void subject_release(struct subject *s)
{
	group_peek_release(&s->peek);
}
