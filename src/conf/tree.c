/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer file names show their end only, so that the reason has room. */
#define NAME_SHOWN 120

void conftree_init(struct conftree *tree)
{
	*tree = (struct conftree){ .files_end = &tree->files,
		                   .blocks_end = &tree->blocks };
}

void conftree_release(struct conftree *tree)
{
	struct confblock *block;
	struct conffile *file;

	while ((block = tree->blocks)) {
		tree->blocks = block->next;
		for (size_t i = 0; i < block->count; i++)
			option_list_release(&block->said[i].values);
		free(block->said);
		free(block->title);
		free(block);
	}
	while ((file = tree->files)) {
		tree->files = file->next;
		free(file->name);
		free(file->dir);
		free(file);
	}
	conftree_init(tree);
}

struct conffile *conftree_add_file(struct conftree *tree, const char *name,
                                   const char *dir)
{
	struct conffile *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	*tree->files_end = file;
	tree->files_end = &file->next;
	tree->file_count++;
	file->name = strdup(name);
	file->dir = strdup(dir);
	return file->name && file->dir ? file : NULL;
}

struct confblock *conftree_add_block(struct conftree *tree, enum confkind kind,
                                     const char *title, struct confplace at)
{
	struct confblock *block = calloc(1, sizeof(*block));

	if (!block)
		return NULL;
	*tree->blocks_end = block;
	tree->blocks_end = &block->next;
	block->kind = kind;
	block->at = at;
	block->title = strdup(title);
	return block->title ? block : NULL;
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

struct confblock *conftree_find(const struct conftree *tree, enum confkind kind,
                                const char *title)
{
	struct confblock *block = tree->blocks;

	while (block &&
	       (block->kind != kind || strcmp(block->title, title) != 0))
		block = block->next;
	return block;
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
	size_t cut = len > NAME_SHOWN ? len - NAME_SHOWN : 0;
	char text[sizeof(why->text)], line[16] = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (at.line)
		snprintf(line, sizeof(line), ":%d", at.line);
	return reason_set(why, err, "%s%s%s: %s", cut ? "..." : "",
	                  at.file->name + cut, line, text);
}
