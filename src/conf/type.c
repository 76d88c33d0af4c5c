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

static void ttl_print(const void *field, FILE *out)
{
	const struct conf_group *g =
	        container_of(field, struct conf_group, settings.ttl_ms);

	if (g->ttl_origin)
		fputs("origin", out);
	else
		option_duration.print(field, out);
}

static int mode_read(const struct option_type *type, void *field,
                     const struct option_words *words, struct reason *why)
{
	uint64_t n;

	(void)type;
	if (number_parse(words->values[0], 8, 0777, &n) != 0)
		return option_refuse(words->values[0],
		                     "is not an octal mode from 0000 to 0777",
		                     why);
	*(mode_t *)field = (mode_t)n;
	return 0;
}

static void mode_print(const void *field, FILE *out)
{
	fprintf(out, "%04o", (unsigned int)*(const mode_t *)field);
}

/* Where configurations are read, one at a time, is all that asks these
 * databases in a way that only one thread may. */
static int id_read(const struct option_type *type, void *field,
                   const struct option_words *words, struct reason *why)
{
	bool group = type == &conftype_gid;
	const char *word = words->values[0];
	const struct passwd *user = NULL;
	const struct group *users = NULL;
	unsigned int *id = field;
	uint64_t n;

	if (number_parse(word, 10, ID_MAX, &n) == 0)
		*id = (unsigned int)n;
	/* cppcheck-suppress getgrnamCalled */
	else if (group && (users = getgrnam(word)))
		*id = users->gr_gid;
	/* cppcheck-suppress getpwnamCalled */
	else if (!group && (user = getpwnam(word)))
		*id = user->pw_uid;
	else
		return option_refuse(
		        word,
		        group ? "is neither a group of users nor a number"
		              : "is neither a user nor a number",
		        why);
	return 0;
}

static void id_print(const void *field, FILE *out)
{
	fprintf(out, "%u", *(const unsigned int *)field);
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
		return option_refuse(words->values[0],
		                     "is not HOST:PORT, [IPV6]:PORT or :PORT",
		                     why);
	return option_text_parse(type, field, words, why);
}

/* ---- a word of a table, which ends with NULL ---- */

/* Of structures that begin with their names; the field points to one. */
static void entry_print(const void *field, FILE *out)
{
	fputs(**(const char *const *const *)field, out);
}

/* Of the words for the values of the field, an enum. */
static void level_print(const void *field, FILE *out)
{
	fputs(log_level_names[*(const enum log_level *)field], out);
}

static void format_print(const void *field, FILE *out)
{
	fputs(log_format_names[*(const enum log_format *)field], out);
}

static int choice_read(const struct option_type *type, void *field,
                       const struct option_words *words, struct reason *why)
{
	bool is_entry = type->print == entry_print;
	const void *const *table = type->table;
	const char *known[CHOICES_MAX + 1], *word = words->values[0], *near;
	char list[160] = "";
	size_t len = 0;
	unsigned int n = 0;

	for (; n < CHOICES_MAX && table[n]; n++) {
		known[n] = is_entry ? *(const char *const *)table[n] : table[n];
		if (strcmp(known[n], word) == 0) {
			if (is_entry)
				*(const void **)field = table[n];
			else
				*(unsigned int *)field = n;
			return 0;
		}
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len,
			                        " %s", known[n]);
	}
	known[n] = NULL;
	near = suggest(word, known);
	return reason_set(why, -EINVAL, OPTION_SHOWN " is none of:%s%s%s%s",
	                  word, list, near ? ", did you mean '" : "",
	                  near ? near : "", near ? "'?" : "");
}

const struct option_type conftype_ttl =
        OPTION_TYPE(int64_t, ttl_read, ttl_print);
const struct option_type conftype_mode =
        OPTION_TYPE(mode_t, mode_read, mode_print);
const struct option_type conftype_uid = OPTION_TYPE(uid_t, id_read, id_print);
const struct option_type conftype_gid = OPTION_TYPE(gid_t, id_read, id_print);
const struct option_type conftype_listen =
        OPTION_TEXT(listen_read, option_text_print);

#define ENTRIES(entries, structure, name) \
	OPTION_TYPE(void *, choice_read, entry_print, .table = (entries)); \
	_Static_assert(offsetof(structure, name) == 0, "begins with its name")

const struct option_type conftype_policy =
        ENTRIES(evict_table, struct evict_ops, name);
const struct option_type conftype_protocol =
        ENTRIES(dialect_table, struct dialect, name);
const struct option_type conftype_codec =
        ENTRIES(codec_table, struct codec_ops, name);
const struct option_type conftype_placement =
        ENTRIES(placement_table, struct placement_ops, name);
const struct option_type conftype_log = OPTION_TYPE(
        enum log_level, choice_read, level_print, .table = log_level_names);
const struct option_type conftype_format = OPTION_TYPE(
        enum log_format, choice_read, format_print, .table = log_format_names);
static const struct option_type getters =
        ENTRIES(getter_table, struct getter_ops, source.name);

const struct getter_ops *conftype_getter(const char *name, struct reason *why)
{
	char *const values[] = { (char *)name };
	const struct option_words words = { values, 1, "" };
	const struct getter_ops *ops = NULL;

	choice_read(&getters, &ops, &words, why);
	return ops;
}
