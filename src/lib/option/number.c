/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/option/type.h"
#include "lib/units.h"

#include <errno.h>
#include <string.h>

#define SHARE_DIGITS 17 /* enough for any double */

int option_refuse(const char *word, const char *what, struct reason *why)
{
	return reason_set(why, -EINVAL, OPTION_SHOWN " %s", word, what);
}

static int size_parse_word(const struct option_type *type, void *field,
                           const struct option_words *words, struct reason *why)
{
	const char *word = words->values[0];
	uint64_t *bytes = field;
	int err = size_parse(word, bytes);

	(void)type;
	if (err == -ERANGE)
		return option_refuse(word, "is too large", why);
	if (err)
		return option_refuse(
		        word, "is not a size such as 512K, 64M, 2G", why);
	return *bytes ? 0 : reason_set(why, -EINVAL, "must be above 0");
}

static void size_print(const void *field, FILE *out)
{
	char text[UNITS_TEXT_MAX];

	fputs(size_format(*(const uint64_t *)field, text), out);
}

static int duration_parse_word(const struct option_type *type, void *field,
                               const struct option_words *words,
                               struct reason *why)
{
	const char *word = words->values[0];
	int64_t *ms = field;
	int err = duration_parse(word, ms);

	if (err == -ERANGE)
		return option_refuse(word, "is too long", why);
	if (err)
		return option_refuse(
		        word, "is not a duration such as 250ms, 30s, 5m, 1h",
		        why);
	return *ms >= type->min ? 0
	                        : reason_set(why, -EINVAL, "must be above 0");
}

static void duration_print(const void *field, FILE *out)
{
	char text[UNITS_TEXT_MAX];

	fputs(duration_format(*(const int64_t *)field, text), out);
}

static int share_parse_word(const struct option_type *type, void *field,
                            const struct option_words *words,
                            struct reason *why)
{
	(void)type;
	if (share_parse(words->values[0], field) == 0)
		return 0;
	return option_refuse(words->values[0], "is not a share from 0% to 100%",
	                     why);
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

static int flag_parse(const struct option_type *type, void *field,
                      const struct option_words *words, struct reason *why)
{
	static const char *const known[] = { "no",   "yes", "false",
		                             "true", "off", "on" };

	(void)type;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(words->values[0], known[i]) == 0) {
			*(bool *)field = i % 2 == 1;
			return 0;
		}
	return option_refuse(words->values[0], "is neither yes nor no", why);
}

static void flag_print(const void *field, FILE *out)
{
	fputs(*(const bool *)field ? "yes" : "no", out);
}

int option_number_parse(const struct option_type *type, void *field,
                        const struct option_words *words, struct reason *why)
{
	uint64_t n;

	if (number_parse(words->values[0], 10, (uint64_t)type->max, &n) != 0 ||
	    (int64_t)n < type->min)
		return reason_set(why, -EINVAL,
		                  OPTION_SHOWN " is not a number from %d to %d",
		                  words->values[0], (int)type->min,
		                  (int)type->max);
	*(int *)field = (int)n;
	return 0;
}

void option_number_print(const void *field, FILE *out)
{
	fprintf(out, "%d", *(const int *)field);
}

const struct option_type option_size =
        OPTION_TYPE(uint64_t, size_parse_word, size_print);
const struct option_type option_duration =
        OPTION_TYPE(int64_t, duration_parse_word, duration_print);
const struct option_type option_wait =
        OPTION_TYPE(int64_t, duration_parse_word, duration_print, .min = 1);
const struct option_type option_share =
        OPTION_TYPE(double, share_parse_word, share_print);
const struct option_type option_flag =
        OPTION_TYPE(bool, flag_parse, flag_print);
