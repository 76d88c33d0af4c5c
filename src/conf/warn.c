/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

/* Whom a getter's warnings go to, and of which group they are. */
struct listener {
	void (*say)(const char *line);
	const char *group;
};

static void pass_on(void *arg, const char *line)
{
	const struct listener *l = arg;
	struct reason whole;

	reason_set(&whole, 0, "group '%.80s': %s", l->group, line);
	l->say(whole.text);
}

void conf_warn(const struct conf *c, void (*say)(const char *line))
{
	for (size_t i = 0; i < c->group_count; i++) {
		struct listener l = { say, c->groups[i].name };
		const struct getter_spec *spec =
		        getter_spec(c->groups[i].getter);

		if (spec->ops->warn)
			spec->ops->warn(spec, pass_on, &l);
	}
}
