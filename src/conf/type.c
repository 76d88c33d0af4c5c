/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/type.h"

#include "conf/conf.h"
#include "conf/suggest.h"
#include "lib/list.h"
#include "lib/units.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define ID_MAX      (UINT32_MAX - 1) /* -1 means "no change" to chown(2) */
#define CHOICES_MAX 32               /* more than a message has room for */

/* Room for an entry of the user database; a group lists its members. */
#define ENTRY_MIN ((size_t)1024)
#define ENTRY_MAX ((size_t)1 << 20)

static int ttl_read(const struct option_type *type, void *field,
                    const struct option_words *words, struct reason *why)
{
	struct conf_group *g =
	        container_of(field, struct conf_group, settings.ttl_ms);

	(void)type;
	g->ttl_origin = strcmp(words->values[0], "origin") == 0;
	return g->ttl_origin ? 0
	                     : option_duration.parse(&option_duration, field,
	                                             words, why);
}

static void ttl_print(const struct option_type *type, const void *field,
                      FILE *out)
{
	const struct conf_group *g =
	        container_of(field, struct conf_group, settings.ttl_ms);

	(void)type;
	if (g->ttl_origin)
		fputs("origin", out);
	else
		option_duration.print(&option_duration, field, out);
}

static int mode_read(const struct option_type *type, void *field,
                     const struct option_words *words, struct reason *why)
{
	uint64_t n;

	(void)type;
	if (number_parse(words->values[0], 8, 0777, &n) != 0)
		return reason_set(why, -EINVAL,
		                  OPTION_SHOWN
		                  " is not an octal mode from 0000 to 0777",
		                  words->values[0]);
	*(mode_t *)field = (mode_t)n;
	return 0;
}

static void mode_print(const struct option_type *type, const void *field,
                       FILE *out)
{
	const mode_t *mode = field;

	(void)type;
	fprintf(out, "%04o", (unsigned)*mode);
}

/* The databases say ERANGE until the room for their strings is enough. */
static bool id_find(const char *name, bool group, unsigned int *id)
{
	struct passwd user, *u = NULL;
	struct group users, *g = NULL;
	int err = ERANGE;

	for (size_t n = ENTRY_MIN; err == ERANGE && n <= ENTRY_MAX; n *= 2) {
		char *room = malloc(n);

		if (!room)
			return false;
		err = group ? getgrnam_r(name, &users, room, n, &g)
		            : getpwnam_r(name, &user, room, n, &u);
		free(room);
	}
	if (u)
		*id = user.pw_uid;
	if (g)
		*id = users.gr_gid;
	return u || g;
}

static int id_read(const struct option_type *type, void *field,
                   const struct option_words *words, struct reason *why)
{
	bool group = type == &conftype_gid;
	const char *word = words->values[0];
	unsigned int *id = field;
	uint64_t n;

	if (number_parse(word, 10, ID_MAX, &n) == 0)
		*id = (unsigned int)n;
	else if (!id_find(word, group, id))
		return reason_set(why, -EINVAL,
		                  OPTION_SHOWN " is neither a %s nor a number",
		                  word, group ? "group of users" : "user");
	return 0;
}

static void id_print(const struct option_type *type, const void *field,
                     FILE *out)
{
	const unsigned int *id = field;

	(void)type;
	fprintf(out, "%u", *id);
}

/* ---- addresses ---- */

/* Where the ":PORT" of HOST:PORT, [IPV6]:PORT or :PORT is, or NULL. */
static const char *port_find(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t host = colon ? (size_t)(colon - text) : 0;

	if (!colon)
		return NULL;
	if (*text == '[')
		return host > 2 && colon[-1] == ']' &&
		                       strspn(text + 1, "0123456789abcdefABCDEF"
		                                        ":.") == host - 2
		               ? colon
		               : NULL;
	for (const char *c = text; c < colon; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			return NULL;
	return colon;
}

static int listen_read(const struct option_type *type, void *field,
                       const struct option_words *words, struct reason *why)
{
	const char *colon = port_find(words->values[0]);
	uint64_t port;

	if (!colon || number_parse(colon + 1, 10, UINT16_MAX, &port) != 0)
		return reason_set(why, -EINVAL,
		                  "'%.80s' is not HOST:PORT, [IPV6]:PORT or "
		                  ":PORT",
		                  words->values[0]);
	return option_text_parse(type, field, words, why);
}

/* ---- a word of a table ---- */

static const struct conftype_choice *choice_of(const struct option_type *type)
{
	return container_of(type, const struct conftype_choice, type);
}

/* The word for the n-th; NULL behind the last. */
static const char *choice_word(const struct conftype_choice *c, size_t n)
{
	if (c->words)
		return c->words[n];
	return c->entries[n] ? *(const char *const *)c->entries[n] : NULL;
}

/* "'lur' is none of: lru lfu, did you mean 'lru'?" */
int conftype_word_refuse(const char *word, const char *const *known,
                         struct reason *why)
{
	const char *near = suggest(word, known);
	char list[160] = "";
	size_t len = 0;

	for (; *known && len < sizeof(list); known++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, " %s",
		                        *known);
	if (near)
		return reason_set(why, -EINVAL,
		                  OPTION_SHOWN
		                  " is none of:%s, did you mean '%s'?",
		                  word, list, near);
	return reason_set(why, -EINVAL, OPTION_SHOWN " is none of:%s", word,
	                  list);
}

static int choice_read(const struct option_type *type, void *field,
                       const struct option_words *words, struct reason *why)
{
	const struct conftype_choice *c = choice_of(type);
	const char *known[CHOICES_MAX + 1], *word = words->values[0];
	unsigned int n = 0;

	for (; n < CHOICES_MAX && (known[n] = choice_word(c, n)); n++) {
		if (strcmp(known[n], word) != 0)
			continue;
		if (c->words)
			*(unsigned int *)field = n;
		else
			*(const void **)field = c->entries[n];
		return 0;
	}
	known[n] = NULL;
	return conftype_word_refuse(word, known, why);
}

static void choice_print(const struct option_type *type, const void *field,
                         FILE *out)
{
	const struct conftype_choice *c = choice_of(type);

	if (c->words)
		fputs(c->words[*(const unsigned int *)field], out);
	else
		fputs(**(const char *const *const *)field, out);
}

const struct option_type conftype_ttl = {
	.size = sizeof(int64_t),
	.parse = ttl_read,
	.print = ttl_print,
};
const struct option_type conftype_mode = {
	.size = sizeof(mode_t),
	.parse = mode_read,
	.print = mode_print,
};
const struct option_type conftype_uid = {
	.size = sizeof(uid_t),
	.parse = id_read,
	.print = id_print,
};
const struct option_type conftype_gid = {
	.size = sizeof(gid_t),
	.parse = id_read,
	.print = id_print,
};
const struct option_type conftype_listen = {
	.size = sizeof(char *),
	.parse = listen_read,
	.print = option_text_print,
	.said = option_text_said,
	.release = option_text_release,
};

#define CHOICE(width, ...) \
	{ \
		.type = { .size = (width), \
			  .parse = choice_read, \
			  .print = choice_print }, \
		__VA_ARGS__, \
	}
#define ENTRIES(table, structure) \
	CHOICE(sizeof(structure *), .entries = (const void *const *)(table)); \
	_Static_assert(offsetof(structure, name) == 0, "begins with its name")

const struct conftype_choice conftype_policy =
        ENTRIES(evict_table, struct evict_ops);
const struct conftype_choice conftype_protocol =
        ENTRIES(dialect_table, struct dialect);
const struct conftype_choice conftype_codec =
        ENTRIES(codec_table, struct codec_ops);
const struct conftype_choice conftype_placement =
        ENTRIES(placement_table, struct placement_ops);
const struct conftype_choice conftype_log =
        CHOICE(sizeof(enum log_level), .words = log_level_names);
const struct conftype_choice conftype_format =
        CHOICE(sizeof(enum log_format), .words = log_format_names);
