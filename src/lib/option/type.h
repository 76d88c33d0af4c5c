/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of values that options of many owners have; and what other kinds
 * are made of. */
#ifndef DREAMFS_OPTION_TYPE_H
#define DREAMFS_OPTION_TYPE_H

#include "lib/option/option.h"

/* How much of a bad value a message quotes. */
#define OPTION_SHOWN "'%.80s'"

/* "'WORD' is not …"; returns -EINVAL. */
int option_refuse(const char *word, const char *what, struct reason *why);

/* A type of fields like `field`; what else there is of it by name. */
#define OPTION_TYPE(field, parser, printer, ...) \
	{ \
		.size = sizeof(field), .parse = (parser), .print = (printer), \
		__VA_ARGS__ \
	}

/* ---- numbers ---- */

extern const struct option_type option_size;     /* uint64_t, above 0 */
extern const struct option_type option_duration; /* int64_t, milliseconds */
extern const struct option_type option_wait;     /* the same, above 0 */
extern const struct option_type option_share;    /* double, 0 to 1 */
extern const struct option_type option_flag;     /* bool: yes or no */

/* int, from `least` to `most`; 0 below that was not said. */
#define OPTION_NUMBER(least, most) \
	(&(const struct option_type)OPTION_TYPE( \
	        int, option_number_parse, option_number_print, .min = (least), \
	        .max = (most), .optional = (least) > 0))

int option_number_parse(const struct option_type *type, void *field,
                        const struct option_words *words, struct reason *why);
void option_number_print(const void *field, FILE *out);

/* ---- text: a char * that is never empty; NULL was not said ---- */

extern const struct option_type option_text;
extern const struct option_type option_path; /* made absolute */
extern const struct option_type option_url;  /* shown without a password */

/* Text of one's own kind: as these, but for how it is read and shown. */
#define OPTION_TEXT(parser, printer) \
	OPTION_TYPE(char *, parser, printer, .optional = true, \
	            .release = option_text_release, \
	            .equal = option_text_equal)

int option_text_parse(const struct option_type *type, void *field,
                      const struct option_words *words, struct reason *why);
void option_text_print(const void *field, FILE *out);
void option_text_release(void *field);
bool option_text_equal(const void *a, const void *b);

/* ---- lists of texts, none of them empty; without any: not said ---- */

struct option_list {
	char **items;
	size_t count;
};

/* Copies the text; 0 or -ENOMEM. */
int option_list_add(struct option_list *list, const char *text);
void option_list_release(void *list);

extern const struct option_type option_texts;
/* "Name: value", shown without the values that sound like secrets. */
extern const struct option_type option_headers;

/* ---- for printing ---- */

/* Plainly if the syntax allows it, else quoted. */
void option_word_print(const char *word, FILE *out);
/* { "a", "b" } */
void option_list_print(char *const *items, size_t count, FILE *out);

#endif
