/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stats/grid.h"

#include <errno.h>
#include <langinfo.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define LEAST_WIDTH 8  /* of the first column */
#define GAP         1  /* blanks between columns, */
#define WIDE_GAP    2  /* if there is room */
#define USUAL_WIDTH 80 /* where nothing says how much room there is */

/* The character at `text`: its bytes, and the columns it takes; -1 columns
 * for what is not to be shown. */
static size_t character(const char *text, size_t len, int *columns)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, text, len, &state);

	*columns = -1;
	if (n == 0 || n > len)
		return 1;
	*columns = wcwidth(c);
	return n;
}

static size_t text_width(const char *text, size_t len)
{
	size_t width = 0, n;
	int columns;

	for (; len; text += n, len -= n) {
		n = character(text, len, &columns);
		width += columns < 0 ? 1 : (size_t)columns;
	}
	return width;
}

int grid_text(const char *text, size_t len, size_t width, struct buf *out)
{
	bool cut = text_width(text, len) > width;
	int columns, err = 0;
	size_t n;

	if (cut && width == 0)
		return 0;
	for (width -= cut; len && !err; text += n, len -= n) {
		n = character(text, len, &columns);
		if ((size_t)(columns < 0 ? 1 : columns) > width)
			break;
		width -= columns < 0 ? 1 : (size_t)columns;
		err = columns < 0 ? buf_puts(out, "?")
		                  : buf_append(out, text, n);
	}
	if (!cut || err)
		return err;
	return buf_puts(out, strcmp(nl_langinfo(CODESET), "UTF-8") == 0
	                             ? "\u2026"
	                             : "~");
}

void grid_init(struct grid *g, const char *align)
{
	*g = (struct grid){ .align = align, .columns = strlen(align) };
}

void grid_release(struct grid *g)
{
	for (size_t n = 0; n < g->count; n++)
		free(g->cells[n]);
	free(g->cells);
	grid_init(g, g->align);
}

int grid_add(struct grid *g, const char *text, size_t len)
{
	struct buf shown;
	int err;

	if (g->count == g->room) {
		size_t room = g->room ? 2 * g->room : 64;
		char **more = reallocarray(g->cells, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		g->cells = more;
		g->room = room;
	}
	buf_init(&shown, 4 * len + 1);
	err = grid_text(text, len, GRID_WIDE, &shown);
	if (!err)
		err = buf_append(&shown, "", 1);
	if (err) {
		buf_release(&shown);
		return -ENOMEM;
	}
	g->cells[g->count++] = buf_steal(&shown, &len);
	return 0;
}

static size_t cell_width(const struct grid *g, size_t cell)
{
	return text_width(g->cells[cell], strlen(g->cells[cell]));
}

static int blanks(size_t n, struct buf *out)
{
	return buf_printf(out, "%*s", (int)n, "");
}

static int cell_print(const struct grid *g, size_t cell, size_t width,
                      struct buf *out)
{
	size_t column = cell % g->columns, used = cell_width(g, cell);
	size_t pad = used < width ? width - used : 0;
	int err = 0;

	if (g->align[column] == 'r')
		err = blanks(pad, out);
	if (!err)
		err = grid_text(g->cells[cell], strlen(g->cells[cell]), width,
		                out);
	/* None at the end of a line. */
	if (!err && g->align[column] != 'r' && column + 1 < g->columns)
		err = blanks(pad, out);
	return err;
}

/* The columns' widths, and the gap between them, which are to fit `width`. */
static size_t layout(const struct grid *g, size_t width, size_t *widths)
{
	size_t sum = 0, gap = WIDE_GAP, over;

	for (size_t n = 0; n < g->count; n++) {
		size_t *w = &widths[n % g->columns];

		*w = cell_width(g, n) > *w ? cell_width(g, n) : *w;
	}
	for (size_t n = 0; n < g->columns; n++)
		sum += widths[n];
	if (sum + gap * (g->columns - 1) >
	    (width == GRID_WIDE ? USUAL_WIDTH : width))
		gap = GAP;
	sum += gap * (g->columns - 1);
	over = sum > width ? sum - width : 0;
	if (over && widths[0] > LEAST_WIDTH)
		widths[0] = widths[0] > LEAST_WIDTH + over ? widths[0] - over
		                                           : LEAST_WIDTH;
	return gap;
}

int grid_print(const struct grid *g, size_t width, struct buf *out)
{
	size_t *widths = calloc(g->columns, sizeof(*widths));
	size_t gap = widths ? layout(g, width, widths) : 0;
	int err = widths ? 0 : -ENOMEM;

	for (size_t n = 0; n < g->count && !err; n++) {
		size_t column = n % g->columns;

		if (column)
			err = blanks(gap, out);
		if (!err)
			err = cell_print(g, n, widths[column], out);
		if (!err && column + 1 == g->columns)
			err = buf_puts(out, "\n");
	}
	free(widths);
	return err;
}
