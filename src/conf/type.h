/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of values a configuration has: how each is read from its text,
 * and printed so that it reads back the same.
 */
#ifndef DREAMFS_CONFTYPE_H
#define DREAMFS_CONFTYPE_H

#include "lib/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What was written; borrowed. */
struct confarg {
	char *const *values; /* one, but for lists */
	size_t count;
	const char *dir; /* what relative paths start from: absolute, without
			    a slash at the end */
};

struct conftype {
	bool list;
	/* Stores into the zeroed `field`: 0; -EINVAL with what is wrong and
	 * what is expected; -ENOMEM. */
	int (*parse)(void *field, const struct confarg *arg,
	             struct reason *why);
	/* Prints the value alone. */
	void (*print)(const void *field, FILE *out);
	/* Optional: whether there is anything to print. */
	bool (*said)(const void *field);
};

/* Each is named after the C type of its field. */
extern const struct conftype conftype_size;      /* uint64_t, above 0 */
extern const struct conftype conftype_duration;  /* int64_t, milliseconds */
extern const struct conftype conftype_wait;      /* the same, above 0 */
extern const struct conftype conftype_ttl;       /* conf_group.ttl_ms */
extern const struct conftype conftype_count;     /* int, 1 to 4096 */
extern const struct conftype conftype_retries;   /* int, 0 to 100 */
extern const struct conftype conftype_flag;      /* bool */
extern const struct conftype conftype_mode;      /* mode_t */
extern const struct conftype conftype_uid;       /* uid_t */
extern const struct conftype conftype_gid;       /* gid_t */
extern const struct conftype conftype_policy;    /* char *, evict.h knows it */
extern const struct conftype conftype_log;       /* enum log_level */
extern const struct conftype conftype_format;    /* enum log_format */
extern const struct conftype conftype_text;      /* char *, not empty */
extern const struct conftype conftype_url;       /* the same; secret_hide() */
extern const struct conftype conftype_path;      /* char *, made absolute */
extern const struct conftype conftype_command;   /* char *, program likewise */
extern const struct conftype conftype_headers;   /* getter_spec.headers */
extern const struct conftype conftype_exits;     /* getter_spec's exit codes */
extern const struct conftype conftype_share;     /* double, 0 to 1 */
extern const struct conftype conftype_listen;    /* char *, HOST:PORT */
extern const struct conftype conftype_peers;     /* conf_node.peers */
extern const struct conftype conftype_protocol;  /* const struct dialect * */
extern const struct conftype conftype_codec;     /* const struct codec_ops * */
extern const struct conftype conftype_placement; /* …placement_ops * */
extern const struct conftype conftype_replicas;  /* int, 1 to a limit */

/* Sets the reason to "'WORD' is none of: KNOWN…, did you mean 'NEAR'?" and
 * returns -EINVAL. */
int conftype_word_refuse(const char *word, const char *const *known,
                         struct reason *why);
/* A copy of the values, none of them empty, NULL without any; *count says how
 * many are to be freed, also on failure: 0, -EINVAL with the reason, -ENOMEM.
 */
int conftype_strings_copy(char ***out, size_t *count, const struct confarg *arg,
                          struct reason *why);
/* As a list of quoted strings. */
void conftype_strings_print(char *const *strings, size_t count, FILE *out);
/* For any char *. */
void conftype_string_print(const void *field, FILE *out);
/* Prints a word plainly if the syntax allows it, else quoted. */
void conftype_word_print(const char *word, FILE *out);

#endif
