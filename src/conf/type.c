/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/type.h"

#include "cache/evict/evict.h"
#include "conf/conf.h"
#include "conf/suggest.h"
#include "lib/list.h"
#include "lib/units.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define ID_MAX (UINT32_MAX - 1) /* -1 means "no change" to chown(2) */

/* Room for an entry of the user database; a group lists its members. */
#define ENTRY_MIN ((size_t)1024)
#define ENTRY_MAX ((size_t)1 << 20)

/* More than a message has room for. */
#define POLICIES_MAX 32

static int ttl_read(const struct option_type *type, void *field,
                    const struct option_words *words, struct reason *why)
{
	struct conf_group *g = container_of(field, struct conf_group, ttl_ms);

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
	        container_of(field, struct conf_group, ttl_ms);

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
static bool user_find(const char *name, uid_t *out)
{
	struct passwd entry, *found = NULL;
	int err = ERANGE;

	for (size_t n = ENTRY_MIN; err == ERANGE && n <= ENTRY_MAX; n *= 2) {
		char *room = malloc(n);

		err = room ? getpwnam_r(name, &entry, room, n, &found) : ENOMEM;
		if (err == 0 && found)
			*out = found->pw_uid;
		free(room);
	}
	return err == 0 && found;
}

static bool group_find(const char *name, gid_t *out)
{
	struct group entry, *found = NULL;
	int err = ERANGE;

	for (size_t n = ENTRY_MIN; err == ERANGE && n <= ENTRY_MAX; n *= 2) {
		char *room = malloc(n);

		err = room ? getgrnam_r(name, &entry, room, n, &found) : ENOMEM;
		if (err == 0 && found)
			*out = found->gr_gid;
		free(room);
	}
	return err == 0 && found;
}

static int uid_read(const struct option_type *type, void *field,
                    const struct option_words *words, struct reason *why)
{
	uid_t *uid = field;
	uint64_t n = 0;

	(void)type;
	if (number_parse(words->values[0], 10, ID_MAX, &n) == 0)
		*uid = (uid_t)n;
	else if (!user_find(words->values[0], uid))
		return reason_set(why, -EINVAL,
		                  OPTION_SHOWN
		                  " is neither a user nor a number",
		                  words->values[0]);
	return 0;
}

static int gid_read(const struct option_type *type, void *field,
                    const struct option_words *words, struct reason *why)
{
	gid_t *gid = field;
	uint64_t n = 0;

	(void)type;
	if (number_parse(words->values[0], 10, ID_MAX, &n) == 0)
		*gid = (gid_t)n;
	else if (!group_find(words->values[0], gid))
		return reason_set(why, -EINVAL,
		                  OPTION_SHOWN
		                  " is neither a group of users nor "
		                  "a number",
		                  words->values[0]);
	return 0;
}

static void uid_print(const struct option_type *type, const void *field,
                      FILE *out)
{
	const uid_t *id = field;

	(void)type;
	fprintf(out, "%u", (unsigned)*id);
}

static void gid_print(const struct option_type *type, const void *field,
                      FILE *out)
{
	const gid_t *id = field;

	(void)type;
	fprintf(out, "%u", (unsigned)*id);
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

static int policy_read(const struct option_type *type, void *field,
                       const struct option_words *words, struct reason *why)
{
	const char *known[POLICIES_MAX + 1];
	char **policy = field;
	size_t n = 0;

	(void)type;
	for (; n < POLICIES_MAX && evict_table[n]; n++)
		known[n] = evict_table[n]->name;
	known[n] = NULL;
	if (!evict_find(words->values[0]))
		return conftype_word_refuse(words->values[0], known, why);
	*policy = strdup(words->values[0]);
	return *policy ? 0 : -ENOMEM;
}

static int log_read(const struct option_type *type, void *field,
                    const struct option_words *words, struct reason *why)
{
	static const char *const known[] = { "error", "warn", "info", "debug",
		                             NULL };

	(void)type;
	if (log_level_parse(words->values[0], field) != 0)
		return conftype_word_refuse(words->values[0], known, why);
	return 0;
}

static void log_print(const struct option_type *type, const void *field,
                      FILE *out)
{
	const enum log_level *level = field;

	(void)type;
	fputs(log_level_name(*level), out);
}

static int log_format_read(const struct option_type *type, void *field,
                           const struct option_words *words, struct reason *why)
{
	static const char *const known[] = { "text", "json", NULL };

	(void)type;
	if (log_format_parse(words->values[0], field) != 0)
		return conftype_word_refuse(words->values[0], known, why);
	return 0;
}

static void log_format_print(const struct option_type *type, const void *field,
                             FILE *out)
{
	const enum log_format *format = field;

	(void)type;
	fputs(log_format_name(*format), out);
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
	.parse = uid_read,
	.print = uid_print,
};
const struct option_type conftype_gid = {
	.size = sizeof(gid_t),
	.parse = gid_read,
	.print = gid_print,
};
const struct option_type conftype_policy = {
	.size = sizeof(char *),
	.parse = policy_read,
	.print = option_text_print,
	.release = option_text_release,
};
const struct option_type conftype_log = {
	.size = sizeof(enum log_level),
	.parse = log_read,
	.print = log_print,
};
const struct option_type conftype_format = {
	.size = sizeof(enum log_format),
	.parse = log_format_read,
	.print = log_format_print,
};
