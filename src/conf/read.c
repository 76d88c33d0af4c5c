/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/read.h"

#include "conf/scan.h"
#include "conf/suggest.h"
#include "lib/buf.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One file being read; the one that includes it is behind it. */
struct level {
	struct level *outer;
	const struct conffile *file;
	struct conftext text;
	size_t blocks;           /* begun so far */
	struct confblock *block; /* the one we are in; NULL: none */
	const cfg_t *section;    /* the same for libconfuse */
};

/* libconfuse hands no context to its callbacks, hence this one. */
static struct {
	struct conftree *tree;
	struct level *level;
	struct reason *why;
	int err; /* the first error; the reason is set */
} reading;

static struct confplace place(int line)
{
	return (struct confplace){ reading.level->file, line };
}

/* For the first error only; libconfuse goes on reporting what follows. */
__attribute__((format(printf, 3, 4))) static int fail(struct confplace at,
                                                      int err, const char *fmt,
                                                      ...)
{
	char text[sizeof(reading.why->text)];
	va_list args;

	if (reading.err)
		return reading.err;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	reading.err = confplace_fail(at, err, reading.why, "%s", text);
	return reading.err;
}

static const char *kind_word(enum confkind kind)
{
	return kind == CONFBLOCK_GROUP ? "a group" : confkind_name(kind);
}

static int block_begin(const cfg_t *section, enum confkind kind)
{
	struct level *level = reading.level;
	struct confplace at =
	        place(conftext_block_line(&level->text, level->blocks++));
	const char *title = section->title;
	const struct confblock *twin = conftree_find(reading.tree, kind, title);

	if (twin)
		return fail(at, -EINVAL, "%s%s%s%s is there already, at %s:%d",
		            confkind_name(kind), title ? " '" : "",
		            title ? title : "", title ? "'" : "",
		            twin->at.file->name, twin->at.line);
	level->section = section;
	level->block = conftree_add_block(reading.tree, kind, title, at);
	if (!level->block)
		return fail(at, -ENOMEM, "out of memory");
	return 0;
}

static int kind_find(const char *name, enum confkind *kind)
{
	for (*kind = CONFBLOCK_NODE; *kind <= CONFBLOCK_GROUP; ++*kind)
		if (strcmp(name, confkind_name(*kind)) == 0)
			return 0;
	return -EINVAL;
}

/* The first that is heard of a block is its first value, or its end. */
static int block_of(const cfg_t *section)
{
	enum confkind kind;

	if (reading.level->section == section)
		return 0;
	if (kind_find(section->name, &kind) != 0)
		return -EINVAL;
	return block_begin(section, kind);
}

static int block_end(cfg_t *cfg, cfg_opt_t *opt)
{
	(void)cfg;
	if (block_of(cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1)) != 0)
		return -1;
	reading.level->section = NULL;
	reading.level->block = NULL;
	return 0;
}

static const struct confopt *option_find(enum confkind kind, const char *name)
{
	const struct confopt *opt = conftable;

	while (opt->name &&
	       (!confkind_knows(kind, opt) || strcmp(opt->name, name) != 0))
		opt++;
	return opt;
}

static int value_add(const cfg_t *section, const cfg_opt_t *option,
                     const char *value)
{
	struct confblock *block = reading.level->block;
	const struct confopt *opt = option_find(block->kind, option->name);
	struct confsaid *said = confblock_find(block, opt);
	struct confplace at = place(section->line);

	/* libconfuse empties a list before a second one of the same name. */
	if (said && (!opt->type->list || option->nvalues == 1))
		return fail(at, -EINVAL, "'%s' is there already, at line %d",
		            opt->name, said->at.line);
	if (!said)
		said = confblock_add_said(block, opt, at);
	/* The spelling conftext.h has for an empty list. */
	if (opt->type->list && option->nvalues == 1 && !*value)
		return 0;
	if (confsaid_add_value(said, value) != 0)
		return fail(at, -ENOMEM, "out of memory");
	return 0;
}

static int on_value(cfg_t *section, cfg_opt_t *option, const char *value,
                    void *result)
{
	if (block_of(section) != 0 || value_add(section, option, value) != 0)
		return -1;
	*(const char **)result = value;
	return 0;
}

/* Names that could stand where an unknown one did. */
static void names_known(const char *section, const char **names)
{
	enum confkind kind;
	size_t n = 0;

	if (kind_find(section, &kind) != 0) {
		for (kind = CONFBLOCK_NODE; kind <= CONFBLOCK_GROUP; kind++)
			names[n++] = confkind_name(kind);
		names[n++] = "include";
	} else {
		for (const struct confopt *o = conftable; o->name; o++)
			if (confkind_knows(kind, o))
				names[n++] = o->name;
	}
	names[n] = NULL;
}

static void unknown_report(const cfg_t *cfg, const char *name)
{
	const char *names[CONFTABLE_MAX + 1];
	const char *near, *where;
	enum confkind kind;

	names_known(cfg->name, names);
	near = suggest(name, names);
	where = kind_find(cfg->name, &kind) == 0 ? kind_word(kind) : NULL;
	fail(place(cfg->line), -EINVAL, "unknown name '%.80s' %s%s%s%s%s", name,
	     where ? "in " : "outside of blocks", where ? where : "",
	     near ? ", did you mean '" : "", near ? near : "",
	     near ? "'?" : "");
}

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg,
                                                           const char *fmt,
                                                           va_list args)
{
	char text[sizeof(reading.why->text)];

	if (strcmp(fmt, dgettext("confuse", "no such option '%s'")) == 0) {
		unknown_report(cfg, va_arg(args, const char *));
		return;
	}
	vsnprintf(text, sizeof(text), fmt, args);
	fail(place(cfg->line), -EINVAL, "%s", text);
}

static int file_slurp(int fd, struct buf *raw)
{
	char chunk[16384];
	ssize_t n;
	int err = 0;

	while (!err && (n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n > 0)
			err = buf_append(raw, chunk, (size_t)n);
		else if (errno != EINTR)
			err = -errno;
	}
	return err;
}

static int file_read(const char *path, struct conffile *file, struct buf *raw)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st = { 0 };
	int err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) < 0 ? -errno : file_slurp(fd, raw);
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	close(fd);
	return err;
}

/* Parsing is nested by giving libconfuse the same root with another stream;
 * its own include stack is of fixed depth and not cleared after errors. */
static int level_parse(struct level *level, cfg_t *root)
{
	int line = root->line, failed;
	FILE *stream;

	if (level->text.text.len == 0)
		return 0;
	stream = fmemopen(level->text.text.data, level->text.text.len, "r");
	if (!stream)
		return fail(place(0), -ENOMEM, "out of memory");
	failed = cfg_parse_fp(root, stream);
	fclose(stream);
	if (failed && !reading.err)
		fail(place(root->line), -EINVAL, "syntax error");
	root->line = line;
	return reading.err;
}

static int level_run(const struct conffile *file, const struct buf *raw,
                     cfg_t *root)
{
	struct level level = { .outer = reading.level, .file = file };
	struct reason why = { "" };
	int line, err;

	err = conftext_init(&level.text, raw->data, raw->len, &line, &why);
	reading.level = &level;
	if (err == -ENOMEM)
		fail(place(0), err, "out of memory");
	else if (err)
		fail(place(line), err, "%s", why.text);
	else
		level_parse(&level, root);
	if (!err)
		conftext_release(&level.text);
	reading.level = level.outer;
	return reading.err;
}

/* `name` for messages, `dir` absolute with the path's last part behind it. */
static int file_run(const char *name, const char *path, cfg_t *root,
                    struct reason *why)
{
	char *dir = strndup(path, (size_t)(strrchr(path, '/') - path));
	struct conffile *file =
	        dir ? conftree_add_file(reading.tree, name, dir) : NULL;
	struct buf raw;
	int err;

	free(dir);
	if (!file)
		return reason_set(why, -ENOMEM, "out of memory");
	buf_init(&raw, CONFTEXT_MAX);
	err = file_read(path, file, &raw);
	if (err)
		reason_set(why, err, "cannot read '%s': %s", name,
		           strerror(-err));
	for (const struct level *l = reading.level; l && !err; l = l->outer)
		if (l->file->dev == file->dev && l->file->ino == file->ino)
			err = reason_set(why, -EINVAL, "'%s' includes itself",
			                 name);
	if (!err)
		level_run(file, &raw, root);
	buf_release(&raw);
	return err;
}

/* The name as `base` would be written with `name` in place of its last part. */
static char *sibling(const char *base, const char *name)
{
	const char *slash = strrchr(base, '/');
	char *path;

	if (*name == '/' || !slash)
		return strdup(name);
	if (asprintf(&path, "%.*s%s", (int)(slash + 1 - base), base, name) < 0)
		return NULL;
	return path;
}

static size_t level_depth(void)
{
	size_t depth = 0;

	for (const struct level *l = reading.level; l; l = l->outer)
		depth++;
	return depth;
}

static int include_run(cfg_t *root, const char *given, struct reason *why)
{
	const struct conffile *file = reading.level->file;
	char *name, *path = NULL;
	int err;

	if (level_depth() >= CONFREAD_DEPTH_MAX)
		return reason_set(why, -EINVAL, "includes nest deeper than %d",
		                  CONFREAD_DEPTH_MAX);
	if (reading.tree->file_count >= CONFREAD_FILES_MAX)
		return reason_set(why, -EINVAL, "more than %d files",
		                  CONFREAD_FILES_MAX);
	name = sibling(file->name, given);
	if (*given != '/' && asprintf(&path, "%s/%s", file->dir, given) < 0)
		path = NULL;
	if (*given == '/')
		path = strdup(given);
	err = name && path ? file_run(name, path, root, why)
	                   : reason_set(why, -ENOMEM, "out of memory");
	free(name);
	free(path);
	return err;
}

static int on_include(cfg_t *root, cfg_opt_t *opt, int argc, const char **argv)
{
	struct reason why = { "" };
	int err;

	(void)opt;
	if (argc != 1 || !*argv[0])
		fail(place(root->line), -EINVAL, "include needs a file's name");
	if (reading.err)
		return -1;
	err = include_run(root, argv[0], &why);
	if (err)
		fail(place(root->line), err == -ENOMEM ? err : -EINVAL, "%s",
		     why.text);
	return reading.err ? -1 : 0;
}

static void options_fill(cfg_opt_t *out, enum confkind kind)
{
	for (const struct confopt *o = conftable; o->name; o++) {
		if (!confkind_knows(kind, o))
			continue;
		*out++ = (cfg_opt_t){
			.name = o->name,
			.type = CFGT_STR,
			.flags = CFGF_NODEFAULT |
			         (o->type->list ? CFGF_LIST : CFGF_NONE),
			.parsecb = on_value,
		};
	}
	*out = (cfg_opt_t)CFG_END();
}

static cfg_opt_t block_option(enum confkind kind, cfg_opt_t *options)
{
	return (cfg_opt_t){
		.name = confkind_name(kind),
		.type = CFGT_SEC,
		.flags = CFGF_MULTI |
		         (kind == CONFBLOCK_GROUP ? CFGF_TITLE : CFGF_NONE),
		.subopts = options,
		.validcb = block_end,
	};
}

static cfg_t *root_create(void)
{
	cfg_opt_t options[CONFBLOCK_GROUP + 1][CONFTABLE_MAX + 1];
	cfg_opt_t root[] = {
		block_option(CONFBLOCK_NODE, options[CONFBLOCK_NODE]),
		block_option(CONFBLOCK_DEFAULTS, options[CONFBLOCK_DEFAULTS]),
		block_option(CONFBLOCK_GROUP, options[CONFBLOCK_GROUP]),
		CFG_FUNC("include", on_include),
		CFG_END(),
	};
	cfg_t *cfg;

	for (enum confkind k = CONFBLOCK_NODE; k <= CONFBLOCK_GROUP; k++)
		options_fill(options[k], k);
	cfg = cfg_init(root, CFGF_NONE);
	if (cfg)
		cfg_set_error_function(cfg, on_error);
	return cfg;
}

int confread_file(struct conftree *tree, const char *name, const char *path,
                  struct reason *why)
{
	cfg_t *root = root_create();
	int err;

	if (!root)
		return reason_set(why, -ENOMEM, "out of memory");
	reading.tree = tree;
	reading.level = NULL;
	reading.why = why;
	reading.err = 0;
	err = file_run(name, path, root, why);
	cfg_free(root);
	return err ? err : reading.err;
}
