/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file as plain data.
 *
 * Read, then checked as a whole: a struct conf that came out of conf_load() is
 * complete, consistent and has every default filled in.  One thread reads
 * configurations.
 * Only main and cli/ know this type; the parts take arguments.
 *
 * Inside, from the text to the data: scan.h (words and strings), read.h
 * (blocks and includes), tree.h (what was said, and where), build.h (what it
 * means), with table.h (every name) and type.h (kinds of values).
 * Relative paths, also a command's program's, start from the directory of the
 * file that says them.
 */
#ifndef DREAMFS_CONF_H
#define DREAMFS_CONF_H

#include "getter/getter.h"
#include "group/settings.h"
#include "lib/option/type.h"
#include "lib/reason.h"
#include "os/log.h"
#include "peer/placement/placement.h"
#include "peer/wire/codec.h"
#include "peer/wire/dialect.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct conf_group {
	char *name;
	struct getter *getter; /* a reference; made, and so checked */
	bool ttl_origin; /* settings.ttl_ms is for where it says nothing */
	struct group_settings settings;
};

struct conf_node {
	char *listen;             /* HOST:PORT; NULL: no server */
	char *api;                /* HOST:PORT; NULL: no front door */
	char *self;               /* one of the peers; NULL without any */
	struct option_list peers; /* a valid ring; never without self and
				     listen */
	const struct dialect *protocol;
	const struct codec_ops *codec;
	const struct placement_ops *placement;
	int replicas; /* 0: the placement has none */
	int64_t peer_timeout_ms;
	int64_t health_interval_ms;
	int64_t drain_ms; /* 0: leaves at once */
	int loads;
	enum log_level log;
	enum log_format log_format;
};

struct conf {
	char *path; /* as given, made absolute; "" for -g; for a reload */
	struct conf_node node;
	struct conf_group *groups;
	size_t group_count;
};

/*
 * 0; or -EINVAL with the first error as "FILE:LINE: what is wrong" in `why`;
 * or another negative errno (cannot read the file, memory), also with the
 * reason.  On failure `c` needs no release.
 */
int conf_load(struct conf *c, const char *path, struct reason *why);

/* The same from `-g NAME=GETTER` words: "hello=command: lookup {key}"; an error
 * is "-g 'WORD': what is wrong". */
int conf_from_words(struct conf *c, char *const *words, size_t count,
                    struct reason *why);

void conf_release(struct conf *c);

/*
 * Prints the effective configuration in the file's own syntax, such that it
 * reads back as the same: secrets in files are file names and so are shown.
 * Where a secret was said in the configuration itself, as the password of a URL
 * or a header, "***" stands in its place; that reads back, but as another
 * secret, and conf_warn() says so.
 */
void conf_print(const struct conf *c, FILE *out);

/* Calls `say` with a line for each thing that works and is unwise. */
void conf_warn(const struct conf *c, void (*say)(const char *line));

#endif
