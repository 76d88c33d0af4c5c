/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options: what the configuration can say of something, as a table.
 *
 * Whoever has options (the node, a group, each getter) has a plain structure
 * that holds them and a table that describes it, a line each: the name, the
 * kind of value, where in the structure it is, the default, and what it is for.
 * The rest is done here and by those who read tables: reading, printing,
 * comparing, releasing, the comments of `dreamfs init`, "did you mean".
 *
 *     struct door { char *colour; int width; };
 *
 *     static const struct option_def door_options[] = {
 *         OPTION("colour", &option_text, struct door, colour,
 *                .example = "green", .about = "of the paint"),
 *         OPTION("width", OPTION_NUMBER(1, 400), struct door, width,
 *                .fallback = "90", .about = "in centimetres"),
 *         { 0 },
 *     };
 *
 * The structure is all zero before options_init(), and owns what its fields
 * point to.  Tables are constant and never change, so any thread may read them;
 * a structure belongs to one thread while it is being filled.
 *
 * Kinds of values that are useful to many are in type.h.  One that only its
 * owner needs stands beside the owner's table, as a struct option_type of its
 * own.
 */
#ifndef DREAMFS_OPTION_H
#define DREAMFS_OPTION_H

#include "lib/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What was written; borrowed. */
struct option_words {
	char *const *values; /* one, but for lists */
	size_t count;
	const char *dir; /* what relative paths start from: absolute, without
			    a slash at the end */
};

/* A kind of value: how it is read from its text, and printed so that it reads
 * back the same. */
struct option_type {
	size_t size;       /* of the field */
	bool list;         /* takes any number of words, not just one */
	bool optional;     /* zero was not said, and is not printed */
	int64_t min, max;  /* for types that have bounds */
	const void *table; /* for types that are a word of one */
	/*
	 * Stores into the zeroed field: 0; -EINVAL with what is wrong and what
	 * is expected, the option's name apart; -ENOMEM.  After a failure the
	 * field can be released.
	 */
	int (*parse)(const struct option_type *type, void *field,
	             const struct option_words *words, struct reason *why);
	/* Prints the value alone, in the configuration's syntax. */
	void (*print)(const void *field, FILE *out);
	/* Optional: frees what the field owns; it is zeroed then. */
	void (*release)(void *field);
	/* Optional: NULL: the same if its bytes are the same. */
	bool (*equal)(const void *a, const void *b);
};

/* One option. */
struct option_def {
	const char *name; /* as the configuration has it; NULL ends a table */
	const struct option_type *type;
	size_t offset;        /* of the field in its structure */
	const char *fallback; /* the default as it is written; NULL: zero */
	const char *example;  /* for one without a default; NULL if it makes no
				 sense alone */
	const char *about;    /* what it is for, in at most 35 bytes to stand
				 beside it or at most 70 to stand above */
};

/* A line of a table; the rest by name: .fallback, .example, .about. */
#define OPTION(name, type, structure, member, ...) \
	{ \
		name, type, offsetof(structure, member), __VA_ARGS__ \
	}

/* By name; NULL when the table, which may be NULL, has none of it. */
const struct option_def *option_find(const struct option_def *table,
                                     const char *name);

/* Stores what was written instead of what the field has.  As parse() above. */
int option_store(const struct option_def *opt, void *base,
                 const struct option_words *words, struct reason *why);
/* Is there anything to print? */
bool option_said(const struct option_def *opt, const void *base);
/* Prints the value alone. */
void option_print(const struct option_def *opt, const void *base, FILE *out);

/* Gives every field of the zeroed structure its default: 0 or -ENOMEM, and
 * release it then, too. */
int options_init(const struct option_def *table, void *base);
/* Frees what the fields own and zeroes them. */
void options_release(const struct option_def *table, void *base);
bool options_equal(const struct option_def *table, const void *a,
                   const void *b);

#endif
