/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every name the configuration knows, in one table.  To add one: a field in
 * conf.h or getter.h and a line in conftable.c.
 */
#ifndef DREAMFS_CONFTABLE_H
#define DREAMFS_CONFTABLE_H

#include "conf/type.h"

#include <stddef.h>

enum confwhere {
	CONFOPT_NODE,   /* node { }; the field is in struct conf_node */
	CONFOPT_GROUP,  /* group and defaults; in struct conf_group */
	CONFOPT_SOURCE, /* group only: names the getter and its source */
};

struct confopt {
	const char *name;
	enum confwhere where;
	const char *getter;   /* only with these: "url", "url or redis"; NULL:
				 with any */
	const char *fallback; /* as written; NULL: the field's zero */
	size_t offset;
	const struct conftype *type;
};

/* In the order they are printed; ends with a NULL name. */
extern const struct confopt conftable[];

/* Whether a group with that getter may say it. */
bool confopt_fits(const struct confopt *opt, const char *getter);

enum { CONFTABLE_MAX = 64 }; /* never holds more */

#endif
