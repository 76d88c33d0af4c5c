/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/option/type.h"
#include "lib/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- printing ---- */

static void byte_print(unsigned char c, FILE *out)
{
	if (c == '"' || c == '\\' || c == '$')
		fprintf(out, "\\%c", c);
	else if (c == '\n')
		fputs("\\n", out);
	else if (c == '\t')
		fputs("\\t", out);
	else if (iscntrl(c))
		fprintf(out, "\\x%02x", c);
	else
		putc(c, out);
}

/* The first `len` bytes, and `rest` instead of those behind. */
static void quoted_print(const char *text, size_t len, const char *rest,
                         FILE *out)
{
	putc('"', out);
	for (; len > 0; len--)
		byte_print((unsigned char)*text++, out);
	fprintf(out, "%s\"", rest);
}

void option_word_print(const char *word, FILE *out)
{
	const char *c = word;

	while (isalnum((unsigned char)*c) || (*c && strchr("._-%", *c)))
		c++;
	if (*word && !*c)
		fputs(word, out);
	else
		quoted_print(word, strlen(word), "", out);
}

static void list_print(char *const *items, size_t count, bool headers,
                       FILE *out)
{
	for (size_t i = 0; i < count; i++) {
		size_t shown = headers ? secret_header_shown(items[i])
		                       : strlen(items[i]);

		fputs(i ? ", " : "{ ", out);
		quoted_print(items[i], shown, items[i][shown] ? "***" : "",
		             out);
	}
	fputs(" }", out);
}

void option_list_print(char *const *items, size_t count, FILE *out)
{
	list_print(items, count, false, out);
}

/* ---- one text ---- */

int option_text_parse(const struct option_type *type, void *field,
                      const struct option_words *words, struct reason *why)
{
	char **text = field;

	(void)type;
	if (!*words->values[0])
		return reason_set(why, -EINVAL, "is empty");
	*text = strdup(words->values[0]);
	return *text ? 0 : -ENOMEM;
}

void option_text_print(const void *field, FILE *out)
{
	option_word_print(*(char *const *)field, out);
}

void option_text_release(void *field)
{
	free(*(char **)field);
}

bool option_text_equal(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return *x && *y ? strcmp(*x, *y) == 0 : *x == *y;
}

/* "./x" and "x" are the same, behind a directory. */
static int path_parse(const struct option_type *type, void *field,
                      const struct option_words *words, struct reason *why)
{
	const char *path = words->values[0];
	char **text = field;

	if (!*path || *path == '/')
		return option_text_parse(type, field, words, why);
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (asprintf(text, "%s/%s", words->dir, path) >= 0)
		return 0;
	*text = NULL;
	return -ENOMEM;
}

/* Without memory, nothing: better than the secret.  A proxy needs no scheme. */
static void url_print(const void *field, FILE *out)
{
	const char *text = *(char *const *)field, *shown;
	const char *scheme = strstr(text, "://") ? "" : "http://";
	char *whole = NULL, *hidden = NULL;

	if (asprintf(&whole, "%s%s", scheme, text) >= 0)
		hidden = secret_hide(whole);
	shown = hidden ? hidden + strlen(scheme) : "";
	quoted_print(shown, strlen(shown), "", out);
	free(hidden);
	free(whole);
}

/* ---- lists ---- */

int option_list_add(struct option_list *list, const char *text)
{
	char **items =
	        reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->count] = strdup(text);
	if (!items[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

void option_list_release(void *field)
{
	struct option_list *list = field;

	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}

static int list_parse(const struct option_type *type, void *field,
                      const struct option_words *words, struct reason *why)
{
	(void)type;
	for (size_t i = 0; i < words->count; i++) {
		if (!*words->values[i])
			return reason_set(why, -EINVAL, "has an empty string");
		if (option_list_add(field, words->values[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void texts_print(const void *field, FILE *out)
{
	const struct option_list *list = field;

	list_print(list->items, list->count, false, out);
}

static void headers_print(const void *field, FILE *out)
{
	const struct option_list *list = field;

	list_print(list->items, list->count, true, out);
}

static bool list_equal(const void *a, const void *b)
{
	const struct option_list *x = a, *y = b;
	size_t i = 0;

	while (i < x->count && i < y->count &&
	       strcmp(x->items[i], y->items[i]) == 0)
		i++;
	return i == x->count && i == y->count;
}

const struct option_type option_text =
        OPTION_TEXT(option_text_parse, option_text_print);
const struct option_type option_path =
        OPTION_TEXT(path_parse, option_text_print);
const struct option_type option_url = OPTION_TEXT(option_text_parse, url_print);

#define LIST(printer) \
	OPTION_TYPE(struct option_list, list_parse, printer, .list = true, \
	            .optional = true, .release = option_list_release, \
	            .equal = list_equal)

const struct option_type option_texts = LIST(texts_print);
const struct option_type option_headers = LIST(headers_print);
