/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/type.h"

#include "cache/evict/evict.h"
#include "conf/conf.h"
#include "conf/suggest.h"
#include "lib/list.h"
#include "lib/units.h"
#include "peer/placement/placement.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define LOADS_MAX   4096
#define RETRIES_MAX 100
#define ID_MAX      (UINT32_MAX - 1) /* -1 means "no change" to chown(2) */

/* Room for an entry of the user database; a group lists its members. */
#define ENTRY_MIN ((size_t)1024)
#define ENTRY_MAX ((size_t)1 << 20)

/* More than a message has room for. */
#define POLICIES_MAX 32

#define SHARE_DIGITS 17 /* enough for any double */

/* How much of a bad value is quoted. */
#define SHOWN "'%.80s'"

static const char *first(const struct confarg *arg)
{
	return arg->values[0];
}

static int size_read(void *field, const struct confarg *arg, struct reason *why)
{
	uint64_t *bytes = field;
	int err = size_parse(first(arg), bytes);

	if (err == -ERANGE)
		return reason_set(why, -EINVAL, SHOWN " is too large",
		                  first(arg));
	if (err)
		return reason_set(why, err,
		                  SHOWN " is not a size such as 512K, 64M, 2G",
		                  first(arg));
	if (*bytes == 0)
		return reason_set(why, -EINVAL, "must be above 0");
	return 0;
}

static void size_print(const void *field, FILE *out)
{
	const uint64_t *bytes = field;
	char text[UNITS_TEXT_MAX];

	fputs(size_format(*bytes, text), out);
}

static int duration_read(void *field, const struct confarg *arg,
                         struct reason *why)
{
	int err = duration_parse(first(arg), field);

	if (err == -ERANGE)
		return reason_set(why, -EINVAL, SHOWN " is too long",
		                  first(arg));
	if (err)
		return reason_set(
		        why, err,
		        SHOWN " is not a duration such as 250ms, 30s, 5m, 1h",
		        first(arg));
	return 0;
}

static int wait_read(void *field, const struct confarg *arg, struct reason *why)
{
	const int64_t *ms = field;
	int err = duration_read(field, arg, why);

	if (!err && *ms == 0)
		return reason_set(why, -EINVAL, "must be above 0");
	return err;
}

static void duration_print(const void *field, FILE *out)
{
	const int64_t *ms = field;
	char text[UNITS_TEXT_MAX];

	fputs(duration_format(*ms, text), out);
}

static int ttl_read(void *field, const struct confarg *arg, struct reason *why)
{
	struct conf_group *g = container_of(field, struct conf_group, ttl_ms);

	if (strcmp(first(arg), "origin") != 0)
		return duration_read(field, arg, why);
	g->getter.ttl_origin = true;
	return 0;
}

static void ttl_print(const void *field, FILE *out)
{
	const struct conf_group *g =
	        container_of(field, struct conf_group, ttl_ms);

	if (g->getter.ttl_origin)
		fputs("origin", out);
	else
		duration_print(field, out);
}

static int int_read(int *field, const char *text, int min, int max,
                    struct reason *why)
{
	uint64_t n;

	if (number_parse(text, 10, (uint64_t)max, &n) != 0 || (int)n < min)
		return reason_set(why, -EINVAL,
		                  SHOWN " is not a number from %d to %d", text,
		                  min, max);
	*field = (int)n;
	return 0;
}

static int count_read(void *field, const struct confarg *arg,
                      struct reason *why)
{
	return int_read(field, first(arg), 1, LOADS_MAX, why);
}

static int retries_read(void *field, const struct confarg *arg,
                        struct reason *why)
{
	return int_read(field, first(arg), 0, RETRIES_MAX, why);
}

static int replicas_read(void *field, const struct confarg *arg,
                         struct reason *why)
{
	return int_read(field, first(arg), 1, PLACEMENT_REPLICAS_MAX, why);
}

static bool int_said(const void *field)
{
	const int *n = field;

	return *n != 0;
}

static void int_print(const void *field, FILE *out)
{
	const int *n = field;

	fprintf(out, "%d", *n);
}

static int share_read(void *field, const struct confarg *arg,
                      struct reason *why)
{
	if (share_parse(first(arg), field) != 0)
		return reason_set(why, -EINVAL,
		                  SHOWN " is not a share from 0%% to 100%%",
		                  first(arg));
	return 0;
}

/* The fewest digits that read back as the same number. */
static void share_print(const void *field, FILE *out)
{
	const double *share = field;
	char text[UNITS_TEXT_MAX];
	double back = -1;

	for (int n = 1; n <= SHARE_DIGITS && back != *share; n++) {
		snprintf(text, sizeof(text), "%.*f%%", n - 1, *share * 100);
		if (share_parse(text, &back) != 0)
			back = -1;
	}
	fputs(text, out);
}

static int flag_read(void *field, const struct confarg *arg, struct reason *why)
{
	static const char *const words[] = { "no",   "yes", "false",
		                             "true", "off", "on" };
	bool *flag = field;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(first(arg), words[i]) != 0)
			continue;
		*flag = i % 2 == 1;
		return 0;
	}
	return reason_set(why, -EINVAL, SHOWN " is neither yes nor no",
	                  first(arg));
}

static void flag_print(const void *field, FILE *out)
{
	const bool *flag = field;

	fputs(*flag ? "yes" : "no", out);
}

static int mode_read(void *field, const struct confarg *arg, struct reason *why)
{
	uint64_t n;

	if (number_parse(first(arg), 8, 0777, &n) != 0)
		return reason_set(why, -EINVAL,
		                  SHOWN
		                  " is not an octal mode from 0000 to 0777",
		                  first(arg));
	*(mode_t *)field = (mode_t)n;
	return 0;
}

static void mode_print(const void *field, FILE *out)
{
	const mode_t *mode = field;

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

static int uid_read(void *field, const struct confarg *arg, struct reason *why)
{
	uid_t *uid = field;
	uint64_t n = 0;

	if (number_parse(first(arg), 10, ID_MAX, &n) == 0)
		*uid = (uid_t)n;
	else if (!user_find(first(arg), uid))
		return reason_set(why, -EINVAL,
		                  SHOWN " is neither a user nor a number",
		                  first(arg));
	return 0;
}

static int gid_read(void *field, const struct confarg *arg, struct reason *why)
{
	gid_t *gid = field;
	uint64_t n = 0;

	if (number_parse(first(arg), 10, ID_MAX, &n) == 0)
		*gid = (gid_t)n;
	else if (!group_find(first(arg), gid))
		return reason_set(why, -EINVAL,
		                  SHOWN " is neither a group of users nor "
		                        "a number",
		                  first(arg));
	return 0;
}

static void uid_print(const void *field, FILE *out)
{
	const uid_t *id = field;

	fprintf(out, "%u", (unsigned)*id);
}

static void gid_print(const void *field, FILE *out)
{
	const gid_t *id = field;

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
		                  SHOWN " is none of:%s, did you mean '%s'?",
		                  word, list, near);
	return reason_set(why, -EINVAL, SHOWN " is none of:%s", word, list);
}

static int policy_read(void *field, const struct confarg *arg,
                       struct reason *why)
{
	const char *known[POLICIES_MAX + 1];
	char **policy = field;
	size_t n = 0;

	for (; n < POLICIES_MAX && evict_table[n]; n++)
		known[n] = evict_table[n]->name;
	known[n] = NULL;
	if (!evict_find(first(arg)))
		return conftype_word_refuse(first(arg), known, why);
	*policy = strdup(first(arg));
	return *policy ? 0 : -ENOMEM;
}

static int log_read(void *field, const struct confarg *arg, struct reason *why)
{
	static const char *const known[] = { "error", "warn", "info", "debug",
		                             NULL };

	if (log_level_parse(first(arg), field) != 0)
		return conftype_word_refuse(first(arg), known, why);
	return 0;
}

static void log_print(const void *field, FILE *out)
{
	const enum log_level *level = field;

	fputs(log_level_name(*level), out);
}

static int log_format_read(void *field, const struct confarg *arg,
                           struct reason *why)
{
	static const char *const known[] = { "text", "json", NULL };

	if (log_format_parse(first(arg), field) != 0)
		return conftype_word_refuse(first(arg), known, why);
	return 0;
}

static void log_format_print(const void *field, FILE *out)
{
	const enum log_format *format = field;

	fputs(log_format_name(*format), out);
}

const struct conftype conftype_size = {
	.parse = size_read,
	.print = size_print,
};
const struct conftype conftype_duration = {
	.parse = duration_read,
	.print = duration_print,
};
const struct conftype conftype_wait = {
	.parse = wait_read,
	.print = duration_print,
};
const struct conftype conftype_ttl = {
	.parse = ttl_read,
	.print = ttl_print,
};
const struct conftype conftype_count = {
	.parse = count_read,
	.print = int_print,
};
const struct conftype conftype_retries = {
	.parse = retries_read,
	.print = int_print,
};
const struct conftype conftype_replicas = {
	.parse = replicas_read,
	.print = int_print,
	.said = int_said,
};
const struct conftype conftype_share = {
	.parse = share_read,
	.print = share_print,
};
const struct conftype conftype_flag = {
	.parse = flag_read,
	.print = flag_print,
};
const struct conftype conftype_mode = {
	.parse = mode_read,
	.print = mode_print,
};
const struct conftype conftype_uid = {
	.parse = uid_read,
	.print = uid_print,
};
const struct conftype conftype_gid = {
	.parse = gid_read,
	.print = gid_print,
};
const struct conftype conftype_policy = {
	.parse = policy_read,
	.print = conftype_string_print,
};
const struct conftype conftype_log = {
	.parse = log_read,
	.print = log_print,
};
const struct conftype conftype_format = {
	.parse = log_format_read,
	.print = log_format_print,
};
