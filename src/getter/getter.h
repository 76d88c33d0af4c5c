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
 * To add one: a file in getter/ that defines a `const struct getter_ops`,
 * and a line in the table of getter.c.
 */
#ifndef DREAMFS_GETTER_H
#define DREAMFS_GETTER_H

#include "lib/key.h"
#include "lib/reason.h"
#include "lib/value.h"

#include <stdbool.h>
#include <stdint.h>

/* The group's configured ttl applies. */
#define TTL_DEFAULT INT64_MIN
/* It never expires. */
#define TTL_FOREVER INT64_MAX

/* What a group says about its getter; a plain copy of the configuration.
 * Strings are owned by whoever made the spec; NULL or 0: not said. */
struct getter_spec {
	const struct getter_ops *ops;
	char *source; /* the command line, URL template or redis URL */
	/* command */
	int *not_found_exit; /* exit codes that mean "no such key" */
	size_t not_found_exits;
	char *user;
	/* url and redis */
	char *password_file; /* read again for each connection */
	/* url */
	char **headers; /* "Name: value" */
	size_t header_count;
	char *header_file; /* the same, one a line; '#' begins a comment;
			      checked at creation and read again for each
			      load, so that a token can be renewed */
	char *netrc;       /* a netrc file's path */
	char *user_agent;
	char *ca_file, *cert_file, *key_file;
	char *proxy;
	char *token_file;       /* "Authorization: Bearer", what the file says;
				   both as auth.h says */
	char *sigv4;            /* REGION or REGION/SERVICE, as sigv4.h says */
	char *credentials_file; /* these two as awskeys.h says */
	char *profile;
	bool insecure;
	int64_t connect_timeout_ms; /* 0: ten seconds */
	int retries;                /* after the first attempt */
	bool ttl_origin;            /* obey what the origin says of it */
	/* redis */
	char *redis_key; /* what a key is called there; NULL: "{key}" */
};

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
	const char *name; /* the word in the configuration */
	bool tells_ttl;   /* knows what ttl = origin means */
	/*
	 * Checks the spec and makes a getter; 0, or a negative errno with the
	 * reason.  Copies what it keeps of the spec.
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
	const char *example; /* a source, to begin with; NULL: none */
};

struct getter; /* counted references; freed with the last */

int getter_create(struct getter **out, const struct getter_spec *spec,
                  struct reason *why);
struct getter *getter_ref(struct getter *g);
void getter_unref(struct getter *g);
int getter_get(struct getter *g, const struct load *load,
               struct load_result *result);
/* "command: lookup {key}": for the xattr and the log, a URL without user and
 * password; borrowed. */
const char *getter_describe(const struct getter *g);

/* The table: by the word of the configuration, NULL when unknown; and all of
 * them in order, NULL-terminated. */
const struct getter_ops *getter_ops_find(const char *name);
extern const struct getter_ops *const getter_table[];

void getter_spec_release(struct getter_spec *spec);
bool getter_spec_equal(const struct getter_spec *a,
                       const struct getter_spec *b);

#endif
