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

static void name_print(const char *name, const char *before, struct buf *out)
{
	buf_puts(out, before);
	json_string(out, name, strlen(name));
	buf_puts(out, ":");
}

static void number_print(double n, struct buf *out)
{
	if (n < 0)
		buf_puts(out, "null");
	else
		buf_printf(out, "%.6g", n);
}

static void words_print(const struct stats_line *line, struct buf *out)
{
	for (size_t n = 0; n < line->count; n++) {
		const struct stats_word *w = &line->words[n];
		uint64_t number;

		name_print(w->name, n ? "," : "", out);
		if (word_number(w, &number))
			buf_printf(out, "%llu", (unsigned long long)number);
		else
			json_string(out, w->value,
			            w->value == line->group ? line->group_len
			                                    : strlen(w->value));
	}
}

static void rates_print(const struct stats_view *v,
                        const struct stats_line *group, struct buf *out)
{
	const char *before = "";

	for (size_t n = 0; n < group->count; n++) {
		const char *names[] = { group->words[n].name, NULL };
		uint64_t number;

		if (!word_number(&group->words[n], &number) ||
		    is_one_of(levels, names[0]))
			continue;
		name_print(names[0], before, out);
		number_print(stats_rate(v, group, names), out);
		before = ",";
	}
}

static void group_print(const struct stats_view *v,
                        const struct stats_line *group, struct buf *out)
{
	uint64_t gets = stats_number_find(group, "gets");
	uint64_t hits = stats_answered(group);

	words_print(group, out);
	name_print("hit_ratio", ",", out);
	number_print(gets ? (double)hits / (double)gets : -1, out);
	name_print("rates", ",", out);
	buf_puts(out, "{");
	rates_print(v, group, out);
	buf_puts(out, "}}");
}

int stats_json_print(const struct stats_view *v, struct buf *out)
{
	const struct statstext *text = &v->now->text;
	double seconds = stats_seconds(v);

	buf_printf(out, "{\"time\":%lld.%03d,\"seconds\":",
	           (long long)v->now->at_unix_ms / 1000,
	           (int)(v->now->at_unix_ms % 1000));
	number_print(seconds > 0 ? seconds : -1, out);
	buf_puts(out, ",\"node\":{");
	words_print(&text->node, out);
	buf_puts(out, "},\"groups\":[");
	for (size_t n = 0; n < text->group_count; n++) {
		buf_puts(out, n ? ",{" : "{");
		group_print(v, &text->groups[n], out);
	}
	buf_puts(out, "],\"peers\":[");
	for (size_t n = 0; n < text->peer_count; n++) {
		const struct stats_peer *p = &text->peers[n];

		name_print("url", n ? ",{" : "{", out);
		json_string(out, p->url, strlen(p->url));
		name_print("state", ",", out);
		json_string(out, p->state, strlen(p->state));
		buf_puts(out, "}");
	}
	return buf_puts(out, "]}\n");
}
