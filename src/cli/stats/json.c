/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One object, on one line:
 *
 *	{ "time": UNIX SECONDS, "seconds": THAT THE RATES ARE OVER,
 *	  "node": { WORDS }, "groups": [ { WORDS, "hit_ratio": 0 to 1,
 *	  "rates": { A SECOND } } ], "peers": [ { "url", "state" } ] }
 *
 * Words are whatever the node says, numbers as numbers; what is not known is
 * null.
 */
#include "cli/stats/view.h"

#include "lib/json.h"

#include <string.h>

/* Never numbers, whatever they look like. */
static const char *const texts[] = { "version", "group", "policy", NULL };
/* Numbers that do not only grow. */
static const char *const levels[] = { "bytes",     "items",     "capacity",
	                              "hot_bytes", "hot_items", NULL };

static bool is_one_of(const char *const *names, const char *name)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

static bool word_number(const struct stats_word *w, uint64_t *n)
{
	return !is_one_of(texts, w->name) && stats_number(w->value, n);
}

static int name_print(const char *name, const char *before, struct buf *out)
{
	int err = buf_puts(out, before);

	if (!err)
		err = json_string(out, name, strlen(name));
	return err ? err : buf_puts(out, ":");
}

static int number_print(double n, struct buf *out)
{
	return n < 0 ? buf_puts(out, "null") : buf_printf(out, "%.6g", n);
}

static int word_print(const struct stats_line *line, const struct stats_word *w,
                      struct buf *out)
{
	bool group = w->value == line->group;
	uint64_t n;

	if (word_number(w, &n))
		return buf_printf(out, "%llu", (unsigned long long)n);
	return json_string(out, w->value,
	                   group ? line->group_len : strlen(w->value));
}

static int words_print(const struct stats_line *line, struct buf *out)
{
	int err = 0;

	for (size_t n = 0; n < line->count && !err; n++) {
		err = name_print(line->words[n].name, n ? "," : "", out);
		if (!err)
			err = word_print(line, &line->words[n], out);
	}
	return err;
}

static int rates_print(const struct stats_view *v,
                       const struct stats_line *group, struct buf *out)
{
	const char *before = "";
	int err = 0;

	for (size_t n = 0; n < group->count && !err; n++) {
		const char *names[] = { group->words[n].name, NULL };
		uint64_t number;

		if (!word_number(&group->words[n], &number) ||
		    is_one_of(levels, names[0]))
			continue;
		err = name_print(names[0], before, out);
		if (!err)
			err = number_print(stats_rate(v, group, names), out);
		before = ",";
	}
	return err;
}

static int group_print(const struct stats_view *v,
                       const struct stats_line *group, struct buf *out)
{
	uint64_t gets = stats_number_find(group, "gets");
	uint64_t hits = stats_answered(group);
	int err = words_print(group, out);

	if (!err)
		err = name_print("hit_ratio", ",", out);
	if (!err)
		err = number_print(gets ? (double)hits / (double)gets : -1,
		                   out);
	if (!err)
		err = name_print("rates", ",", out);
	if (!err)
		err = buf_puts(out, "{");
	if (!err)
		err = rates_print(v, group, out);
	return err ? err : buf_puts(out, "}");
}

static int groups_print(const struct stats_view *v, struct buf *out)
{
	int err = 0;

	for (size_t n = 0; n < v->now->text.group_count && !err; n++) {
		err = buf_puts(out, n ? ",{" : "{");
		if (!err)
			err = group_print(v, &v->now->text.groups[n], out);
		if (!err)
			err = buf_puts(out, "}");
	}
	return err;
}

static int peers_print(const struct statstext *text, struct buf *out)
{
	int err = 0;

	for (size_t n = 0; n < text->peer_count && !err; n++) {
		const struct stats_peer *p = &text->peers[n];

		err = name_print("url", n ? ",{" : "{", out);
		if (!err)
			err = json_string(out, p->url, strlen(p->url));
		if (!err)
			err = name_print("state", ",", out);
		if (!err)
			err = json_string(out, p->state, strlen(p->state));
		if (!err)
			err = buf_puts(out, "}");
	}
	return err;
}

int stats_json_print(const struct stats_view *v, struct buf *out)
{
	double seconds = stats_seconds(v);
	int err = buf_printf(out, "{\"time\":%lld.%03d,\"seconds\":",
	                     (long long)v->now->at_unix_ms / 1000,
	                     (int)(v->now->at_unix_ms % 1000));

	if (!err)
		err = number_print(seconds > 0 ? seconds : -1, out);
	if (!err)
		err = buf_puts(out, ",\"node\":{");
	if (!err)
		err = words_print(&v->now->text.node, out);
	if (!err)
		err = buf_puts(out, "},\"groups\":[");
	if (!err)
		err = groups_print(v, out);
	if (!err)
		err = buf_puts(out, "],\"peers\":[");
	if (!err)
		err = peers_print(&v->now->text, out);
	return err ? err : buf_puts(out, "]}\n");
}
