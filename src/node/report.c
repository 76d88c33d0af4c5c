/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "node/report.h"

#include "group/history.h"
#include "node/metrics.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define GROUP_NAME_MAX 255

/* ---- groups ---- */

static int each_group(struct node *n, struct buf *out,
                      void (*print)(struct group *g, struct buf *out))
{
	size_t count;
	struct group **groups = node_groups(n, &count);

	if (!groups)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		print(groups[i], out);
	node_groups_free(groups, count);
	return out->err;
}

/* Its name without '%', '/' or blanks. */
static void group_head(struct group *g, struct buf *out)
{
	const char *name = group_name(g);
	char word[3 * GROUP_NAME_MAX + 1];

	key_to_name(key_of(name, strlen(name)), word);
	buf_puts(out, "group=");
	for (const char *c = word; *c; c++)
		if (*c == ' ')
			buf_puts(out, "%20");
		else
			buf_append(out, c, 1);
}

static void group_print(struct group *g, struct buf *out)
{
	struct group_settings set = group_settings(g);
	struct group_stats stats = group_stats(g);

	group_head(g, out);
	buf_printf(out, " policy=%s ", set.policy->name);
	group_stats_print(&stats, out);
	buf_puts(out, "\n");
}

static int stats_print(struct node *n, struct buf *out)
{
	buf_printf(out, "version=%s pid=%d uptime=%lld\n", DREAMFS_VERSION,
	           (int)getpid(), (long long)node_uptime(n));
	return each_group(n, out, group_print);
}

static void group_past_print(struct group *g, struct buf *out)
{
	group_head(g, out);
	buf_printf(out, " seconds=%d ", HISTORY_MS / 1000);
	group_history_print(g, out);
	buf_puts(out, "\n");
}

static int history_report(struct node *n, struct buf *out)
{
	return each_group(n, out, group_past_print);
}

/* ---- peers ---- */

static int peers_report(struct node *n, struct buf *out)
{
	if (node_peers(n))
		peers_print(node_peers(n), "\n", out);
	return out->len ? buf_puts(out, "\n") : out->err;
}

static void share_print(const struct peers_node *node, void *out)
{
	buf_printf(out, "%s\t%.2f%%\n", node->url, 100 * node->share);
}

static int ring_print(struct node *n, struct buf *out)
{
	if (node_peers(n))
		peers_each(node_peers(n), share_print, out);
	return out->err;
}

/* ---- the rest ---- */

static int version_print(struct node *n, struct buf *out)
{
	(void)n;
	return buf_puts(out, DREAMFS_VERSION "\n");
}

const struct report reports[] = {
	{ "stats", stats_print },      { "metrics", metrics_print },
	{ "history", history_report }, { "peers", peers_report },
	{ "ring", ring_print },        { "config", node_print_config },
	{ "version", version_print },  { NULL, NULL },
};

const struct report *report_find(const char *name)
{
	for (const struct report *r = reports; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}
