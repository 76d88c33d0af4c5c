/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/read.h"

#include "conf/scan.h"
#include "conf/suggest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)16 << 10) /* bytes read at a time */

/* One file being read. */
struct reader {
	struct conftree *tree;
	const struct reader *outer; /* of the file that includes this one */
	int depth;                  /* of includes; 1: the first file */
	const char *path;           /* absolute */
	struct scan scan;
};

enum { INCLUDE = CONFBLOCK_GROUP + 1, WORDS };

/* What stands outside of blocks. */
static const char *const words[WORDS + 1] = {
	[CONFBLOCK_NODE] = "node",
	[CONFBLOCK_DEFAULTS] = "defaults",
	[CONFBLOCK_GROUP] = "group",
	[INCLUDE] = "include",
};

/* WORDS: it is none of them. */
static size_t word_find(const char *name)
{
	size_t n = 0;

	while (n < WORDS && strcmp(words[n], name) != 0)
		n++;
	return n;
}

static int unknown(const struct scan *s, const char *where,
                   const char *const *known)
{
	const char *name = s->text.data, *near = suggest(name, known);

	return scan_fail(s, "unknown name '%.80s' %s%s%s%s", name, where,
	                 near ? ", did you mean '" : "", near ? near : "",
	                 near ? "'?" : "");
}

/* The name that must follow the word `of`. */
static int name_read(struct scan *s, const char *of)
{
	scan_next(s);
	if (!scan_is_text(s))
		return scan_fail(s, "%s: missing a name", of);
	return scan_text(s);
}

/* ---- settings ---- */

/* The option named by the last text, or NULL with the reason. */
static const struct option_def *name_find(const struct scan *s,
                                          enum confkind kind)
{
	static const char *const where[] = {
		[CONFBLOCK_NODE] = "in node",
		[CONFBLOCK_DEFAULTS] = "in defaults",
		[CONFBLOCK_GROUP] = "in a group",
	};
	const struct option_def *opt = conftable_find(kind, s->text.data);
	const char *known[CONFTABLE_MAX + 1];

	if (opt)
		return opt;
	if (word_find(s->text.data) < WORDS)
		scan_fail(
		        s,
		        "unexpected '%s' (the block of line %d is not closed)",
		        s->text.data, s->opened);
	else
		unknown(s, where[kind], conftable_names(kind, known));
	return NULL;
}

/* An empty string that comes first in a list is passed over, so that '' is an
 * empty list. */
static int value_read(struct scan *s, struct confsaid *said, bool first)
{
	int err = scan_text(s);

	if (err || (first && said->opt->type->list && !*s->text.data))
		return err;
	return scan_fault(s, option_list_add(&said->values, s->text.data));
}

static int setting_read(struct scan *s, struct confblock *block)
{
	const struct option_def *opt;
	const struct confsaid *twin;
	struct confsaid *said;
	bool list;
	int err;

	if (scan_is_quote(*s->p))
		return scan_fail(s, "expected a name, which is not quoted");
	err = scan_text(s);
	if (err)
		return err;
	opt = name_find(s, block->kind);
	if (!opt)
		return -EINVAL;
	err = scan_mark(s, '=', opt->name);
	if (err)
		return err;
	list = scan_next(s) == '{';
	if (list && !opt->type->list)
		return scan_fail(s, "%s: expected one value, not a list",
		                 opt->name);
	if (list) {
		s->p++;
		scan_next(s);
	}
	twin = confblock_find(block, opt->name);
	if (twin)
		return scan_fail(s, "'%s' is there already, at line %d",
		                 opt->name, twin->at.line);
	said = confblock_add_said(block, opt, s->at);
	if (!said)
		return scan_fault(s, -ENOMEM);
	if (!list)
		return value_read(s, said, true);
	for (bool first = true; !err && scan_next(s) != '}'; first = false) {
		err = value_read(s, said, first);
		if (!err && scan_next(s) != '}')
			err = scan_mark(s, ',', opt->name);
	}
	return err ? err : scan_mark(s, '}', opt->name);
}

/* Behind its word and, a group's, name. */
static int block_read(struct reader *r, enum confkind kind)
{
	struct scan *s = &r->scan;
	bool group = kind == CONFBLOCK_GROUP;
	const char *title = group ? s->text.data : "";
	const struct confblock *twin;
	struct confblock *block;
	int err = scan_mark(s, '{', words[kind]);

	if (err)
		return err;
	twin = conftree_find(r->tree, kind, title);
	if (twin)
		return scan_fail(s, "%s%s%.80s%s is there already, at %s:%d",
		                 words[kind], group ? " '" : "", title,
		                 group ? "'" : "", twin->at.file->name,
		                 twin->at.line);
	block = conftree_add_block(r->tree, kind, title, s->at);
	if (!block)
		return scan_fault(s, -ENOMEM);
	s->opened = s->at.line;
	while (!err && scan_next(s) != '}')
		err = setting_read(s, block);
	if (!err)
		err = scan_mark(s, '}', words[kind]);
	s->opened = 0;
	return err;
}

/* ---- files ---- */

/* Anything that can be read to its end, also a pipe. */
static int bytes_read(const char *path, struct conffile *file,
                      struct buf *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0) {
		file->dev = st.st_dev;
		file->ino = st.st_ino;
	}
	do {
		err = buf_reserve(bytes, CHUNK);
		if (err)
			break;
		n = TEMP_FAILURE_RETRY(
		        read(fd, bytes->data + bytes->len, CHUNK));
		if (n < 0)
			err = -errno;
		else
			bytes->len += (size_t)n;
	} while (n > 0);
	close(fd);
	return err;
}

static int part_read(struct reader *r);

/* A reader without a scan yet; messages call its file `name`. */
static int file_read(struct reader *r, const char *name, struct reason *why)
{
	char *dir = strndup(r->path, (size_t)(strrchr(r->path, '/') - r->path));
	struct conffile *file =
	        dir ? conftree_add_file(r->tree, name, dir) : NULL;
	struct buf bytes; /* with room for a NUL behind them */
	int err;

	free(dir);
	if (!file)
		return reason_oom(why, -ENOMEM);
	buf_init(&bytes, CONFREAD_MAX + CHUNK);
	err = bytes_read(r->path, file, &bytes);
	if (err && r->outer)
		err = scan_fail(&r->outer->scan, "cannot read '%s': %s", name,
		                strerror(-err));
	else if (err)
		reason_set(why, err, "cannot read '%s': %s", name,
		           strerror(-err));
	for (const struct reader *o = r->outer; o && !err; o = o->outer)
		if (o->scan.at.file->dev == file->dev &&
		    o->scan.at.file->ino == file->ino)
			err = scan_fail(&r->outer->scan, "'%s' includes itself",
			                name);
	if (!err)
		scan_init(&r->scan, file, bytes.data, bytes.len, why);
	while (!err && (scan_next(&r->scan) != '\0' || r->scan.p < r->scan.end))
		err = part_read(r);
	scan_release(&r->scan);
	buf_release(&bytes);
	return err;
}

/* The path as `base` is written, with `name` in place of its last part. */
static char *sibling(const char *base, const char *name)
{
	const char *slash = *name == '/' ? NULL : strrchr(base, '/');
	int len = slash ? (int)(slash + 1 - base) : 0;
	char *path;

	return asprintf(&path, "%.*s%s", len, base, name) < 0 ? NULL : path;
}

/* Behind its word. */
static int include_read(struct reader *r)
{
	struct scan *s = &r->scan;
	struct reader inner = { .tree = r->tree,
		                .outer = r,
		                .depth = r->depth + 1 };
	char *name, *path;
	int err = scan_mark(s, '(', words[INCLUDE]);

	if (!err)
		err = name_read(s, words[INCLUDE]);
	if (!err)
		err = scan_mark(s, ')', words[INCLUDE]);
	if (err)
		return err;
	if (!*s->text.data)
		return scan_fail(s, "include: the name is empty");
	name = sibling(s->at.file->name, s->text.data);
	path = sibling(r->path, s->text.data);
	inner.path = path;
	if (!name || !path)
		err = scan_fault(s, -ENOMEM);
	else if (inner.depth > CONFREAD_DEPTH_MAX)
		err = scan_fail(s, "includes nest deeper than %d",
		                CONFREAD_DEPTH_MAX);
	else if (r->tree->file_count >= CONFREAD_FILES_MAX)
		err = scan_fail(s, "more than %d files", CONFREAD_FILES_MAX);
	else
		err = file_read(&inner, name, s->why);
	free(name);
	free(path);
	return err;
}

static int part_read(struct reader *r)
{
	int err = scan_text(&r->scan);
	size_t word = err ? WORDS : word_find(r->scan.text.data);

	if (err)
		return err;
	if (word == WORDS)
		return unknown(&r->scan, "outside of blocks", words);
	if (word == INCLUDE)
		return include_read(r);
	if (word == CONFBLOCK_GROUP)
		err = name_read(&r->scan, words[word]);
	return err ? err : block_read(r, (enum confkind)word);
}

int confread_file(struct conftree *tree, const char *name, const char *path,
                  struct reason *why)
{
	struct reader r = { .tree = tree, .depth = 1, .path = path };

	return file_read(&r, name, why);
}
