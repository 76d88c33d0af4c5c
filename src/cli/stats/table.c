/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stats/screen.h"
#include "cli/stats/view.h"

#include "lib/units.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX    UNITS_TEXT_MAX
#define TOTAL       "total"
#define MANY_GROUPS 3  /* at least so many are shown, however low the screen */
#define LEAST_WIDTH 8  /* of a table's first column */
#define USUAL_WIDTH 80 /* where nothing says how much room there is */

enum kind { COUNT, BYTES, RATIO, RATE };

/* The first and the last columns. */
enum { HITS_PART, GETS, GETS_RATE = 11, LOADS_RATE, COLUMNS };

/* What is shown is the sum of the words; of RATIO, the part of the gets that
 * was answered from the cache. */
static const struct column {
	const char *title;
	enum kind kind;
	const char *names[3];
	bool if_any; /* only if it is not 0 everywhere */
} columns[COLUMNS] = {
	[HITS_PART] = { "HIT%", RATIO, { NULL }, false },
	[GETS] = { "GETS", COUNT, { "gets" }, false },
	{ "HITS", COUNT, { "cache_hits" }, false },
	{ "PEER", COUNT, { "peer_loads" }, true },
	{ "LOCAL", COUNT, { "local_loads" }, false },
	{ "ERRS", COUNT, { "peer_errors", "local_load_errs" }, false },
	{ "EVICT", COUNT, { "evictions" }, false },
	{ "STALE", COUNT, { "stale_served" }, true },
	{ "ITEMS", COUNT, { "items" }, false },
	{ "USED", BYTES, { "bytes" }, false },
	{ "CAP", BYTES, { "capacity" }, false },
	[GETS_RATE] = { "GET/S", RATE, { "gets" }, false },
	[LOADS_RATE] = { "LOAD/S",
	                 RATE,
	                 { "peer_loads", "local_loads" },
	                 false },
};

struct row {
	const char *name;
	size_t name_len;
	double figures[COLUMNS]; /* of RATIO, how many were */
};

/* ---- figures ---- */

static void row_init(struct row *r, const struct stats_view *v,
                     const struct stats_line *line)
{
	r->name = line->group;
	r->name_len = line->group_len;
	for (size_t c = 0; c < COLUMNS; c++) {
		const char *const *names = columns[c].names;

		if (columns[c].kind == RATE)
			r->figures[c] = stats_rate(v, line, names);
		else if (columns[c].kind == RATIO)
			r->figures[c] = (double)stats_answered(line);
		else
			for (; *names; names++)
				r->figures[c] +=
				        (double)stats_number_find(line, *names);
	}
}

/* By the gets of a second, then by name. */
static int row_compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	double gets = x->figures[GETS_RATE], others = y->figures[GETS_RATE];
	size_t least;
	int order;

	if (gets != others)
		return gets < others ? 1 : -1;
	least = x->name_len < y->name_len ? x->name_len : y->name_len;
	order = memcmp(x->name, y->name, least);
	return order ? order
	             : (x->name_len > y->name_len) -
	                       (x->name_len < y->name_len);
}

/* ---- cells ---- */

static void cell_print(const struct row *r, size_t column, char *out)
{
	double n = r->figures[column], gets = r->figures[GETS], percent;
	enum kind kind = columns[column].kind;

	if (n < 0 || (kind == RATIO && gets <= 0)) {
		snprintf(out, CELL_MAX, "-");
	} else if (kind == RATIO) {
		percent = n < gets ? 100 * n / gets : 100;
		/* Never more than there is: 99.97 is not 100. */
		snprintf(out, CELL_MAX, percent >= 100 ? "100" : "%.1f",
		         (double)(int)(percent * 10) / 10);
	} else {
		figure_format(n, kind == BYTES ? 1024 : 1000, kind == RATE,
		              out);
	}
}

/* ---- tables, which libsmartcols lays out ---- */

static struct libscols_table *table_create(const char *first)
{
	struct libscols_table *t = scols_new_table();

	/* What is shown is safe already; how wide it is, we decide. */
	scols_table_enable_noencoding(t, 1);
	scols_table_set_termforce(t, SCOLS_TERMFORCE_NEVER);
	if (scols_table_new_column(t, first, 0, 0))
		return t;
	scols_unref_table(t);
	return NULL;
}

static int cell_set(struct libscols_line *line, size_t column, const char *text,
                    size_t len, size_t width)
{
	struct buf shown;
	int err;

	buf_init(&shown, 4 * len + 1);
	screen_text(text, len, width, &shown);
	err = buf_end(&shown);
	if (!err)
		err = line ? scols_line_set_data(line, column, shown.data)
		           : -ENOMEM;
	buf_release(&shown);
	return err;
}

/* Two blanks between columns, or one to make it fit; if that is too wide
 * still, the first column is cut. */
static int table_fit(struct libscols_table *t, size_t width)
{
	size_t first = scols_column_get_width(scols_table_get_column(t, 0));
	size_t sum = 0, gaps = 0, over;
	bool wide;
	int err = 0;

	for (size_t n = 0; n < scols_table_get_ncols(t); n++) {
		struct libscols_column *c = scols_table_get_column(t, n);

		if (scols_column_is_hidden(c))
			continue;
		sum += scols_column_get_width(c);
		gaps += n > 0;
	}
	wide = sum + 2 * gaps <= (width == SCREEN_WIDE ? USUAL_WIDTH : width);
	scols_table_set_column_separator(t, wide ? "  " : " ");
	sum += wide ? 2 * gaps : gaps;
	over = sum > width ? sum - width : 0;
	if (!over || first <= LEAST_WIDTH)
		return 0;
	first = first > LEAST_WIDTH + over ? first - over : LEAST_WIDTH;
	for (size_t n = 0; n < scols_table_get_nlines(t) && !err; n++) {
		struct libscols_line *line = scols_table_get_line(t, n);
		const char *name =
		        scols_cell_get_data(scols_line_get_cell(line, 0));

		err = cell_set(line, 0, name, strlen(name), first);
	}
	return err;
}

/* Takes the table, and what went wrong with it so far. */
static int table_print(struct libscols_table *t, int err, size_t width,
                       struct buf *out)
{
	char *text = NULL;

	/* Widths are known when it was printed. */
	if (!err)
		err = scols_print_table_to_string(t, &text);
	free(text);
	text = NULL;
	if (!err)
		err = table_fit(t, width);
	if (!err)
		err = scols_print_table_to_string(t, &text);
	if (!err)
		err = buf_printf(out, "%s\n", text);
	free(text);
	scols_unref_table(t);
	return err;
}

static int row_add(struct libscols_table *t, const struct row *r)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);
	int err = cell_set(line, 0, r->name, r->name_len, SCREEN_WIDE);
	char text[CELL_MAX];

	for (size_t c = 0; c < COLUMNS && !err; c++) {
		cell_print(r, c, text);
		err = scols_line_set_data(line, c + 1, text);
	}
	return err;
}

/* `most` of the groups, and what they and the others are together. */
static int groups_print(const struct stats_view *v, size_t most,
                        struct buf *out)
{
	struct row total = { .name = TOTAL, .name_len = strlen(TOTAL) };
	const struct statstext *text = &v->now->text;
	size_t count = text->group_count;
	struct row *rows = calloc(count + 1, sizeof(*rows));
	struct libscols_table *t = table_create("GROUP");
	int err = rows && t ? 0 : -ENOMEM;

	for (size_t n = 0; n < count && !err; n++)
		row_init(&rows[n], v, &text->groups[n]);
	if (v->busiest_first && !err)
		qsort(rows, count, sizeof(*rows), row_compare);
	for (size_t c = 0; c < COLUMNS && !err; c++) {
		bool hidden;

		for (size_t n = 0; n < count; n++)
			total.figures[c] += rows[n].figures[c];
		hidden = columns[c].if_any && !(total.figures[c] > 0);
		if (!scols_table_new_column(t, columns[c].title, 0,
		                            hidden ? SCOLS_FL_HIDDEN
		                                   : SCOLS_FL_RIGHT))
			err = -ENOMEM;
	}
	for (size_t n = 0; n < count && n < most && !err; n++)
		err = row_add(t, &rows[n]);
	if (count > 1 && !err)
		err = row_add(t, &total);
	err = table_print(t, err, v->width, out);
	if (count > most && !err)
		err = buf_printf(out, "(%zu more)\n", count - most);
	free(rows);
	return err;
}

static int peers_print(const struct stats_view *v, struct buf *out)
{
	const struct statstext *text = &v->now->text;
	struct libscols_table *t;
	int err;

	if (!text->peer_count)
		return 0;
	t = table_create("PEER");
	err = scols_table_new_column(t, "STATE", 0, 0) ? 0 : -ENOMEM;
	for (size_t n = 0; n < text->peer_count && !err; n++) {
		const struct stats_peer *p = &text->peers[n];
		struct libscols_line *line = scols_table_new_line(t, NULL);

		err = cell_set(line, 0, p->url, strlen(p->url), SCREEN_WIDE);
		if (!err)
			err = cell_set(line, 1, p->state, strlen(p->state),
			               SCREEN_WIDE);
	}
	if (!err)
		err = buf_puts(out, "\n");
	return table_print(t, err, v->width, out);
}

static void time_print(uint64_t s, char *out)
{
	unsigned long long days = s / 86400;
	unsigned int hours = s / 3600 % 24, minutes = s / 60 % 60;

	if (days)
		snprintf(out, CELL_MAX, "%llud %uh", days, hours);
	else if (hours)
		snprintf(out, CELL_MAX, "%uh %um", hours, minutes);
	else if (minutes)
		snprintf(out, CELL_MAX, "%um %us", minutes,
		         (unsigned int)(s % 60));
	else
		snprintf(out, CELL_MAX, "%us", (unsigned int)s);
}

static int heading_print(const struct stats_view *v, struct buf *out)
{
	const struct stats_line *node = &v->now->text.node;
	const char *version = stats_word_find(node, "version");
	const char *pid = stats_word_find(node, "pid");
	char up[CELL_MAX];
	struct buf line;
	int err;

	time_print(stats_number_find(node, "uptime"), up);
	buf_init(&line, STATSTEXT_MAX);
	buf_printf(&line, "dreamfs %s, process %s, up %s; rates ",
	           version ? version : "?", pid ? pid : "?", up);
	if (stats_is_between(v))
		err = buf_printf(&line, "over %.1fs", stats_seconds(v));
	else
		err = buf_puts(&line, "since then");
	screen_text(line.data, line.len, v->width, out);
	buf_release(&line);
	if (v->trouble)
		buf_printf(out, "\n%s\n", v->trouble);
	else
		buf_puts(out, "\n\n");
	return err ? err : out->err;
}

int stats_table_print(const struct stats_view *v, struct buf *out)
{
	size_t peers = v->now->text.peer_count, most;
	/* Lines beside the groups': the heading, a blank, titles, the total,
	 * how many more, a blank and the peers. */
	size_t others = 5 + (peers ? peers + 2 : 0);
	int err = heading_print(v, out);

	most = v->rows > others + MANY_GROUPS ? v->rows - others : MANY_GROUPS;
	if (!err)
		err = groups_print(v, most, out);
	return err ? err : peers_print(v, out);
}
