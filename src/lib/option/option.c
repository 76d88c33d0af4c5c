/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/option/option.h"

#include <string.h>

static void *field_of(const struct option_def *opt, const void *base)
{
	return (char *)base + opt->offset;
}

const struct option_def *option_find(const struct option_def *table,
                                     const char *name)
{
	for (; table && table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static void field_clear(const struct option_def *opt, void *base)
{
	void *field = field_of(opt, base);

	if (opt->type->release)
		opt->type->release(field);
	memset(field, 0, opt->type->size);
}

int option_store(const struct option_def *opt, void *base,
                 const struct option_words *words, struct reason *why)
{
	field_clear(opt, base);
	return opt->type->parse(opt->type, field_of(opt, base), words, why);
}

bool option_said(const struct option_def *opt, const void *base)
{
	const char *field = field_of(opt, base);

	for (size_t i = 0; opt->type->optional && i < opt->type->size; i++)
		if (field[i])
			return true;
	return !opt->type->optional;
}

void option_print(const struct option_def *opt, const void *base, FILE *out)
{
	opt->type->print(field_of(opt, base), out);
}

int options_init(const struct option_def *table, void *base)
{
	int err = 0;

	for (; table->name && !err; table++) {
		char *values[] = { (char *)table->fallback };
		const struct option_words words = { values, 1, "" };

		if (table->fallback)
			err = option_store(table, base, &words, NULL);
	}
	return err;
}

void options_release(const struct option_def *table, void *base)
{
	for (; table->name; table++)
		field_clear(table, base);
}

bool options_equal(const struct option_def *table, const void *a, const void *b)
{
	for (; table->name; table++) {
		const struct option_type *type = table->type;
		const void *x = field_of(table, a), *y = field_of(table, b);

		if (type->equal ? !type->equal(x, y)
		                : memcmp(x, y, type->size) != 0)
			return false;
	}
	return true;
}
