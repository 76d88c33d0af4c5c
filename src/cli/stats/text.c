/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stats/text.h"

#include "lib/key.h"
#include "lib/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t count_of(const char *text, char c)
{
	size_t n = 0;

	for (; (text = strchr(text, c)); text++)
		n++;
	return n;
}

/* ---- stats ---- */

/* The parser's place: every '=' may begin a value. */
struct place {
	struct stats_word *words; /* the next one */
	size_t number;            /* of the line */
	struct reason *why;
};

static int line_parse(struct stats_line *line, char *text, struct place *at)
{
	char *word, *equals;

	*line = (struct stats_line){ .words = at->words };
	while ((word = strsep(&text, " "))) {
		if (!*word)
			continue;
		equals = strchr(word, '=');
		if (!equals || equals == word)
			return reason_set(at->why, -EINVAL,
			                  "line %zu: '%.40s' is not NAME=VALUE",
			                  at->number, word);
		*equals = '\0';
		if (stats_word_find(line, word))
			return reason_set(at->why, -EINVAL,
			                  "line %zu: '%.40s' comes twice",
			                  at->number, word);
		if (line->count == STATSTEXT_WORDS)
			return reason_set(at->why, -EINVAL,
			                  "line %zu: more than %d words",
			                  at->number, STATSTEXT_WORDS);
		*at->words++ = (struct stats_word){ word, equals + 1 };
		line->count++;
	}
	return 0;
}

/* Decodes the group's name where it stands: it gets no longer. */
static int group_parse(struct stats_line *line, char *text, struct place *at)
{
	int err = line_parse(line, text, at);
	char *name;

	if (err)
		return err;
	if (!line->count || strcmp(line->words[0].name, "group") != 0)
		return reason_set(
		        at->why, -EINVAL,
		        "line %zu: does not begin with group=", at->number);
	name = line->words[0].value;
	line->group = name;
	line->group_len = key_from_name(name, strlen(name), name);
	name[line->group_len] = '\0';
	return 0;
}

static int stats_parse(struct statstext *s, char *rest, struct reason *why)
{
	char *text;
	size_t lines = count_of(rest, '\n') + 1;
	struct place at = { .why = why };
	int err = 0;

	s->words = calloc(count_of(rest, '=') + 1, sizeof(*s->words));
	s->groups = calloc(lines, sizeof(*s->groups));
	if (!s->words || !s->groups)
		return reason_oom(why, -ENOMEM);
	at.words = s->words;
	while (!err && (text = strsep(&rest, "\n"))) {
		at.number++;
		if (at.number == 1)
			err = line_parse(&s->node, text, &at);
		else if (*text)
			err = group_parse(&s->groups[s->group_count++], text,
			                  &at);
	}
	if (!err && !stats_word_find(&s->node, "version"))
		err = reason_set(why, -EINVAL, "line 1: no version=");
	return err;
}

/* ---- peers ---- */

static int peers_parse(struct statstext *s, char *rest, struct reason *why)
{
	char *text;

	s->peers = calloc(count_of(rest, '\n') + 1, sizeof(*s->peers));
	if (!s->peers)
		return reason_oom(why, -ENOMEM);
	while ((text = strsep(&rest, "\n"))) {
		struct stats_peer *p = &s->peers[s->peer_count];

		if (!*text)
			continue;
		p->url = strsep(&text, " ");
		p->state = text ? text : "";
		s->peer_count++;
	}
	return 0;
}

/* ---- the interface ---- */

int statstext_parse(struct statstext *s, struct buf *answer, struct reason *why)
{
	char *peers, *end;
	size_t len;
	int err;

	*s = (struct statstext){ .text = NULL };
	if (buf_append(answer, "", 1) < 0) {
		buf_release(answer);
		return reason_oom(why, -ENOMEM);
	}
	s->text = buf_steal(answer, &len);
	peers = s->text + strlen(s->text) + 1;
	end = s->text + len - 1;
	if (peers - s->text - 1 > STATSTEXT_MAX || end - peers > STATSTEXT_MAX)
		err = reason_set(why, -EFBIG, "it is too long");
	else if (peers + strlen(peers) != end)
		err = reason_set(why, -EINVAL, "it holds a NUL");
	else
		err = stats_parse(s, s->text, why);
	if (!err)
		err = peers_parse(s, peers, why);
	if (err)
		statstext_release(s);
	return err;
}

void statstext_release(struct statstext *s)
{
	free(s->groups);
	free(s->peers);
	free(s->words);
	free(s->text);
	*s = (struct statstext){ .text = NULL };
}

const char *stats_word_find(const struct stats_line *line, const char *name)
{
	for (size_t n = 0; n < line->count; n++)
		if (strcmp(line->words[n].name, name) == 0)
			return line->words[n].value;
	return NULL;
}

bool stats_number(const char *text, uint64_t *out)
{
	return (text[0] != '0' || !text[1]) &&
	       number_parse(text, 10, UINT64_MAX, out) == 0;
}

uint64_t stats_number_find(const struct stats_line *line, const char *name)
{
	const char *text = stats_word_find(line, name);
	uint64_t n = 0;

	return text && stats_number(text, &n) ? n : 0;
}

uint64_t stats_answered(const struct stats_line *group)
{
	return stats_number_find(group, "cache_hits") +
	       stats_number_find(group, "negative_hits") +
	       stats_number_find(group, "stale_served");
}

const struct stats_line *stats_group_find(const struct statstext *s,
                                          const char *group, size_t len)
{
	for (size_t n = 0; n < s->group_count; n++)
		if (s->groups[n].group_len == len &&
		    memcmp(s->groups[n].group, group, len) == 0)
			return &s->groups[n];
	return NULL;
}
