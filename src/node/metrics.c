/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All samples of a metric must stand together, so each group's figures are
 * taken once, at first, and then gone through for each metric.
 */
#include "node/metrics.h"

#include "lib/utf8.h"
#include "os/selfproc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES "dreamfs_"

/* ---- lines ---- */

static void head_print(struct buf *out, const char *name, const char *type,
                       const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* NAME="VALUE", escaped. */
static void label_print(struct buf *out, const char *name, const char *value)
{
	size_t left = strlen(value), n;

	buf_printf(out, "%s=\"", name);
	for (; left; value += n, left -= n) {
		uint32_t rune;

		n = utf8_read(value, left, &rune);
		if (n == 0)
			buf_printf(out, "%%%02X", (unsigned char)*value);
		else if (*value == '\n')
			buf_puts(out, "\\n");
		else if (*value == '\\' || *value == '"')
			buf_printf(out, "\\%c", *value);
		else
			buf_append(out, value, n);
		n = n ? n : 1;
	}
	buf_puts(out, "\"");
}

/* NAME{LABEL="VALUE"} NUMBER */
static void number_print(struct buf *out, const char *name, const char *label,
                         const char *value, double number)
{
	buf_printf(out, "%s{", name);
	label_print(out, label, value);
	buf_printf(out, "} %.17g\n", number);
}

/* Both labels; the second may be NULL for none. */
struct histogram_labels {
	const char *name, *value;
	const char *name2, *value2;
};

/* NAME_SUFFIX{LABELS and one more unless NULL} */
static void histogram_line(struct buf *out, const char *name,
                           const char *suffix, const struct histogram_labels *l,
                           const char *le)
{
	buf_printf(out, "%s_%s{", name, suffix);
	label_print(out, l->name, l->value);
	if (l->name2) {
		buf_puts(out, ",");
		label_print(out, l->name2, l->value2);
	}
	if (le)
		buf_printf(out, ",le=\"%s\"", le);
	buf_puts(out, "} ");
}

static void histogram_print(struct buf *out, const char *name,
                            const struct histogram_labels *l,
                            const struct histogram_figures *f)
{
	for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		bool last = i == HISTOGRAM_BOUNDS;
		char le[32] = "+Inf";

		if (!last)
			snprintf(le, sizeof(le), "%g",
			         (double)histogram_bounds[i] / 1e6);
		histogram_line(out, name, "bucket", l, le);
		buf_printf(out, "%" PRIu64 "\n", last ? f->count : f->upto[i]);
	}
	histogram_line(out, name, "sum", l, NULL);
	buf_printf(out, "%.17g\n", (double)f->sum_us / 1e6);
	histogram_line(out, name, "count", l, NULL);
	buf_printf(out, "%" PRIu64 "\n", f->count);
}

/* ---- groups ---- */

static const struct figure {
	const char *name, *type, *help;
	size_t offset; /* of a uint64_t in group_stats */
} figures[] = {
#define F(name, type, help, field) \
	{ \
		NAMES name, type, help, offsetof(struct group_stats, field) \
	}
#define X(name, help) F(#name "_total", "counter", help, of[COUNT_##name]),
	COUNTERS(X)
#undef X
	        F("evictions_total", "counter",
	          "Values that made room for others.", evictions),
	F("expired_total", "counter", "Values that left at their end.",
	  expired),
	F("cache_bytes", "gauge", "Memory of the values held.", bytes),
	F("cache_items", "gauge", "Values held.", items),
	F("hot_bytes", "gauge", "Of these, memory of values peers own.",
	  hot_bytes),
	F("hot_items", "gauge", "Of these, values that peers own.", hot_items),
	F("cache_capacity_bytes", "gauge", "What the values may take.",
	  capacity),
#undef F
};

static void loads_print(struct buf *out, struct group **groups, size_t count)
{
	static const char name[] = NAMES "load_duration_seconds";
	static const char *const sources[VALUE_SOURCES] = {
		[VALUE_FROM_GETTER] = "getter",
		[VALUE_FROM_PEER] = "peer",
	};

	head_print(out, name, "histogram",
	           "How long loads took, failures included.");
	for (size_t i = 0; i < count * VALUE_SOURCES; i++) {
		struct group *g = groups[i / VALUE_SOURCES];
		int source = (int)(i % VALUE_SOURCES);
		struct histogram_labels labels = { "group", group_name(g),
			                           "source", sources[source] };
		struct histogram_figures f =
		        group_took(g, (enum value_source)source);

		histogram_print(out, name, &labels, &f);
	}
}

static int groups_print(struct node *n, struct buf *out)
{
	size_t count;
	struct group **groups = node_groups(n, &count);
	struct group_stats *stats =
	        groups ? calloc(count + 1, sizeof(*stats)) : NULL;

	if (!stats) {
		node_groups_free(groups, count);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		stats[i] = group_stats(groups[i]);
	for (size_t k = 0; k < sizeof(figures) / sizeof(*figures); k++) {
		const struct figure *f = &figures[k];

		head_print(out, f->name, f->type, f->help);
		for (size_t i = 0; i < count; i++) {
			const void *of = (const char *)&stats[i] + f->offset;

			buf_printf(out, "%s{", f->name);
			label_print(out, "group", group_name(groups[i]));
			buf_printf(out, "} %" PRIu64 "\n",
			           *(const uint64_t *)of);
		}
	}
	loads_print(out, groups, count);
	free(stats);
	node_groups_free(groups, count);
	return 0;
}

/* ---- peers ---- */

#define PEER_UP    NAMES "peer_up"
#define PEER_TOOK  NAMES "peer_request_duration_seconds"
#define RING_SHARE NAMES "ring_share_ratio"

static void up_print(const struct peers_node *node, void *out)
{
	if (node->peer)
		number_print(out, PEER_UP, "peer", node->url,
		             peer_is_up(node->peer));
}

static void took_print(const struct peers_node *node, void *out)
{
	struct histogram_labels labels = { "peer", node->url, NULL, NULL };
	struct histogram_figures f;

	if (!node->peer)
		return;
	f = peer_took(node->peer);
	histogram_print(out, PEER_TOOK, &labels, &f);
}

static void share_print(const struct peers_node *node, void *out)
{
	number_print(out, RING_SHARE, "peer", node->url, node->share);
}

/* ---- the process ---- */

static void process_line(struct buf *out, const char *name, const char *type,
                         const char *help, double number)
{
	head_print(out, name, type, help);
	buf_printf(out, "%s %.17g\n", name, number);
}

int metrics_print(struct node *n, struct buf *out)
{
	static const char build[] = NAMES "build_info";
	struct peers *peers = node_peers(n);
	struct selfproc self;

	if (groups_print(n, out) < 0)
		return -ENOMEM;
	if (peers) {
		head_print(out, PEER_UP, "gauge",
		           "Whether the peer answers its heartbeats.");
		peers_each(peers, up_print, out);
		head_print(out, PEER_TOOK, "histogram",
		           "How long the peer's answers took, failures "
		           "included.");
		peers_each(peers, took_print, out);
		head_print(out, RING_SHARE, "gauge",
		           "Share of all keys that the node owns.");
		peers_each(peers, share_print, out);
	}
	head_print(out, build, "gauge", "Always 1.");
	number_print(out, build, "version", DREAMFS_VERSION, 1);
	self = selfproc_read();
	process_line(out, "process_cpu_seconds_total", "counter",
	             "User and system time.", self.cpu_s);
	process_line(out, "process_open_fds", "gauge", "Open descriptors.",
	             (double)self.open_fds);
	process_line(out, "process_max_fds", "gauge", "How many there may be.",
	             (double)self.max_fds);
	process_line(out, "process_virtual_memory_bytes", "gauge",
	             "Size of the address space.", (double)self.virtual_bytes);
	process_line(out, "process_resident_memory_bytes", "gauge",
	             "Of it, what is in memory.", (double)self.resident_bytes);
	process_line(out, "process_start_time_seconds", "gauge",
	             "Unix time of the start.", self.started_s);
	return out->err;
}
