/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Getters: where a group's values come from when no cache has them.
 *
 * A getter is a plain blocking function.  It is called from the loader
 * threads, many at a time for the same getter, and must return soon after
 * `cancel_fd` becomes readable, which is when nobody wants the load any more
 * (every reader was answered, interrupted or ran out of time).
 *
 * It says itself what can be said about it: its source and its options are
 * tables (lib/option/option.h), and nobody else knows one of them by name.
 *
 * To add one: a folder in getter/ that defines a `const struct getter_ops`,
 * and a line in the table of getter.c.
 */
#ifndef DREAMFS_GETTER_H
#define DREAMFS_GETTER_H

#include "lib/key.h"
#include "lib/option/option.h"
#include "lib/reason.h"
#include "lib/value.h"

#include <stdbool.h>
#include <stdint.h>

/* The group's configured ttl applies. */
#define TTL_DEFAULT INT64_MIN
/* It never expires. */
#define TTL_FOREVER INT64_MAX

/* What a group says about its getter; a plain copy of the configuration. */
struct getter_spec {
	const struct getter_ops *ops;
	char *source;    /* the command line, URL template or redis URL */
	void *options;   /* what ops->options describes; NULL: it has none */
	bool ttl_origin; /* obey what the origin says of it */
};

/* Called with a line for people, without secrets. */
typedef void (*getter_say)(void *arg, const char *line);

/* One load, as the getter sees it.  Everything is borrowed for the call. */
struct load {
	const char *group;
	struct key key;
	size_t max_value;       /* bytes; more is -EFBIG, found while reading */
	int cancel_fd;          /* readable: give up and return -ECANCELED */
	int64_t invalidated_ms; /* for peers: so long ago; RECENTS_NONE */
	bool refresh;           /* for peers: not from your cache */
	struct value *previous; /* expired, to be revalidated; may be NULL */
};

/* Filled by the getter. */
struct load_result {
	struct value *value;  /* a reference for the caller; on success only;
				may be load->previous, referenced anew */
	int64_t ttl_ms;       /* TTL_DEFAULT, or how long it is fresh; 0: it
				is stale at once; less: since so long */
	bool must_revalidate; /* once it expired it must not be given out,
				whatever the group's `stale` says */
	struct reason why;    /* on failure: one line for log and xattr,
				without secrets */
};

struct getter_ops {
	/* What is said in a group to have this getter: "url = …".  Its name is
	 * the getter's, its field `source` of struct getter_spec. */
	struct option_def source;
	/* What else may be said then; NULL: nothing.  An option of the same
	 * name in two getters is of the same type in both. */
	const struct option_def *options;
	size_t options_size; /* of the structure that they are in */
	bool tells_ttl;      /* knows what ttl = origin means */
	/*
	 * Makes a getter, and tells what is wrong with the spec as a whole:
	 * what is missing, contradicts itself or means nothing, or a file that
	 * cannot be read.  0, or a negative errno with the reason.  The spec
	 * is borrowed until destroy().
	 */
	int (*create)(void **getter, const struct getter_spec *spec,
	              struct reason *why);
	/* After the last get() has returned. */
	void (*destroy)(void *getter);
	/*
	 * Blocking; result is as getter_get() made it, nothing known and
	 * TTL_DEFAULT.  0 with result->value; -ENOENT no such key; -EACCES
	 * denied; -EFBIG over max_value; -ECANCELED; -EIO anything else.
	 */
	int (*get)(void *getter, const struct load *load,
	           struct load_result *result);
	/* Optional: says a line for each thing that works and is unwise. */
	void (*warn)(const struct getter_spec *spec, getter_say say, void *arg);
	/* Optional: says what it does with root's rights for `whom`, others
	 * who can cause loads.  Called if we are root. */
	void (*warn_of_root)(const struct getter_spec *spec, const char *whom,
	                     getter_say say, void *arg);
};

/* With the defaults, and no source yet.  0 or -ENOMEM; to be released. */
int getter_spec_init(struct getter_spec *spec, const struct getter_ops *ops);
void getter_spec_release(struct getter_spec *spec);

struct getter; /* counted references; freed with the last */

/* Takes the spec, on failure too: nothing is left of it to release. */
int getter_create(struct getter **out, struct getter_spec *spec,
                  struct reason *why);
struct getter *getter_ref(struct getter *g);
void getter_unref(struct getter *g);
int getter_get(struct getter *g, const struct load *load,
               struct load_result *result);
/* What it was made of; borrowed. */
const struct getter_spec *getter_spec(const struct getter *g);
/* Made of the same?  Then what one has brought, the other would. */
bool getter_equal(const struct getter *a, const struct getter *b);
/* "command: lookup {key}": for the xattr and the log, a URL without user and
 * password; borrowed. */
const char *getter_describe(const struct getter *g);

/* The table: by the word of the configuration, NULL when unknown; and all of
 * them in order, NULL-terminated. */
const struct getter_ops *getter_ops_find(const char *name);
extern const struct getter_ops *const getter_table[];

#endif
