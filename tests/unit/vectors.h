/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Reading tests/vectors: tab-separated lines, a heading, comments with '#'.
 * Tests run from the top of the tree. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_FIELDS 16

struct vector {
	FILE *file;
	int (*close)(FILE *); /* fclose or pclose */
	char *line;
	size_t room;
	char *field[VECTOR_FIELDS]; /* those a line lacks are "" */
	size_t rows;                /* read so far */
};

/* The next line that is no comment; at the end closes everything and returns
 * 0. */
static inline int vector_line(struct vector *v)
{
	ssize_t n;

	do {
		n = getline(&v->line, &v->room, v->file);
		if (n < 0) {
			free(v->line);
			v->close(v->file);
			return 0;
		}
		if (v->line[n - 1] == '\n')
			v->line[n - 1] = '\0';
	} while (v->line[0] == '#');
	return 1;
}

/* Skips the heading of what was opened. */
static inline void vector_start(struct vector *v, FILE *file,
                                int (*closer)(FILE *), const char *name)
{
	*v = (struct vector){ .file = file, .close = closer };
	if (!file || !vector_line(v)) {
		fprintf(stderr, "cannot read '%s'\n", name);
		abort();
	}
}

static inline void vector_open(struct vector *v, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "tests/vectors/%s", name);
	vector_start(v, fopen(path, "r"), fclose, path);
}

/* The next row, or 0. */
static inline int vector_next(struct vector *v)
{
	static char none[] = "";
	char *rest;

	if (!vector_line(v))
		return 0;
	rest = v->line;
	for (size_t i = 0; i < VECTOR_FIELDS; i++) {
		char *field = rest ? strsep(&rest, "\t") : NULL;

		v->field[i] = field ? field : none;
	}
	v->rows++;
	return 1;
}

/* Bytes of a hex string, in place; returns their number. */
static inline size_t unhex(char *text)
{
	size_t n = strlen(text) / 2;

	for (size_t i = 0; i < n; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };

		text[i] = (char)strtoul(digits, NULL, 16);
	}
	return n;
}

/* Items of a comma-separated list, in place; returns their number. */
static inline size_t split(char *text, const char **items, size_t max)
{
	size_t n = 0;
	char *item;

	while (n < max && (item = strsep(&text, ",")))
		if (*item)
			items[n++] = item;
	return n;
}

#endif
