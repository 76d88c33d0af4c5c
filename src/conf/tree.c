/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer file names show their end only, so that the reason has room. */
#define NAME_SHOWN 120

void conftree_init(struct conftree *tree)
{
	*tree = (struct conftree){ 0 };
}

static void file_destroy(struct conffile *file)
{
	free(file->name);
	free(file->dir);
	free(file);
}

static void block_destroy(struct confblock *block)
{
	for (size_t i = 0; i < block->count; i++) {
		for (size_t j = 0; j < block->said[i].count; j++)
			free(block->said[i].values[j]);
		free(block->said[i].values);
	}
	free(block->said);
	free(block->title);
	free(block);
}

void conftree_release(struct conftree *tree)
{
	for (size_t i = 0; i < tree->block_count; i++)
		block_destroy(tree->blocks[i]);
	for (size_t i = 0; i < tree->file_count; i++)
		file_destroy(tree->files[i]);
	free(tree->blocks);
	free(tree->files);
	conftree_init(tree);
}

struct conffile *conftree_add_file(struct conftree *tree, const char *name,
                                   const char *dir)
{
	struct conffile *file, **files;

	files = reallocarray(tree->files, tree->file_count + 1, sizeof(*files));
	if (!files)
		return NULL;
	tree->files = files;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->name = strdup(name);
	file->dir = strdup(dir);
	if (!file->name || !file->dir) {
		file_destroy(file);
		return NULL;
	}
	tree->files[tree->file_count++] = file;
	return file;
}

struct confblock *conftree_add_block(struct conftree *tree, enum confkind kind,
                                     const char *title, struct confplace at)
{
	struct confblock *block, **blocks;

	blocks = reallocarray(tree->blocks, tree->block_count + 1,
	                      sizeof(*blocks));
	if (!blocks)
		return NULL;
	tree->blocks = blocks;
	block = calloc(1, sizeof(*block));
	if (!block)
		return NULL;
	block->kind = kind;
	block->at = at;
	block->title = title ? strdup(title) : NULL;
	if (title && !block->title) {
		free(block);
		return NULL;
	}
	tree->blocks[tree->block_count++] = block;
	return block;
}

struct confsaid *confblock_add_said(struct confblock *block,
                                    const struct option_def *opt,
                                    struct confplace at)
{
	struct confsaid *said =
	        reallocarray(block->said, block->count + 1, sizeof(*said));

	if (!said)
		return NULL;
	block->said = said;
	said += block->count++;
	*said = (struct confsaid){ .opt = opt, .at = at };
	return said;
}

int confsaid_add_value(struct confsaid *said, const char *value)
{
	char **values = said ? reallocarray(said->values, said->count + 1,
	                                    sizeof(*values))
	                     : NULL;

	if (!values)
		return -ENOMEM;
	said->values = values;
	values[said->count] = strdup(value);
	if (!values[said->count])
		return -ENOMEM;
	said->count++;
	return 0;
}

struct confblock *conftree_find(const struct conftree *tree, enum confkind kind,
                                const char *title)
{
	for (size_t i = 0; i < tree->block_count; i++) {
		struct confblock *block = tree->blocks[i];

		if (block->kind == kind &&
		    (!title || strcmp(block->title, title) == 0))
			return block;
	}
	return NULL;
}

struct confsaid *confblock_find(const struct confblock *block, const char *name)
{
	for (size_t i = 0; block && i < block->count; i++)
		if (strcmp(block->said[i].opt->name, name) == 0)
			return &block->said[i];
	return NULL;
}

int confplace_fail(struct confplace at, int err, struct reason *why,
                   const char *fmt, ...)
{
	size_t len = strlen(at.file->name);
	const char *name = at.file->name, *dots = "";
	char text[sizeof(why->text)], line[16] = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len > NAME_SHOWN) {
		name += len - NAME_SHOWN;
		dots = "...";
	}
	if (at.line)
		snprintf(line, sizeof(line), ":%d", at.line);
	return reason_set(why, err, "%s%s%s: %s", dots, name, line, text);
}
