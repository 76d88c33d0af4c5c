/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a test says of a getter, in the words of a configuration.  Include
 * cmocka.h first. */
#ifndef DREAMFS_TEST_SPEC_H
#define DREAMFS_TEST_SPEC_H

#include "getter/getter.h"

#include <errno.h>
#include <string.h>

struct spec {
	const struct getter_ops *ops;
	const char *source;
	bool ttl_origin;
	struct {
		const char *name;
		const char *const *values;
		const char *value;
		size_t count;
	} said[8];
	size_t count;
};

/* "name = { value, … }", instead of what was said before; borrowed. */
static inline void spec_list(struct spec *s, const char *name,
                             const char *const *values, size_t count)
{
	size_t i = 0;

	while (i < s->count && strcmp(s->said[i].name, name) != 0)
		i++;
	assert_true(i < sizeof(s->said) / sizeof(s->said[0]));
	s->said[i].name = name;
	s->said[i].values = values;
	s->said[i].count = count;
	s->count += i == s->count;
}

/* "name = value"; NULL: it is not said. */
static inline void spec_say(struct spec *s, const char *name, const char *value)
{
	spec_list(s, name, NULL, 1);
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->said[i].name, name) == 0)
			s->said[i].value = value;
}

/* As getter_create(), or what one of the options is refused for. */
static inline int spec_create(struct getter **g, const struct spec *s,
                              struct reason *why)
{
	struct getter_spec spec;

	*g = NULL;
	assert_int_equal(getter_spec_init(&spec, s->ops), 0);
	spec.source = strdup(s->source);
	assert_non_null(spec.source);
	spec.ttl_origin = s->ttl_origin;
	for (size_t i = 0; i < s->count; i++) {
		const char *const *values = s->said[i].values;
		const struct option_words words = {
			(char *const *)(values ? values : &s->said[i].value),
			s->said[i].count, "/"
		};
		const struct option_def *opt =
		        option_find(s->ops->options, s->said[i].name);
		int err;

		assert_non_null(opt);
		if (!values && !s->said[i].value)
			continue;
		err = option_store(opt, spec.options, &words, why);
		if (err) {
			getter_spec_release(&spec);
			return err;
		}
	}
	return getter_create(g, &spec, why);
}

#endif
