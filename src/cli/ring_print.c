/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ring_print.h"

#include "lib/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A key of the maximum length, every byte encoded. */
#define NAME_LEN_MAX ((size_t)3 * KEY_MAX)

static int out_check(FILE *out, struct reason *why)
{
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return reason_set(why, -EIO, "cannot write the ring: %s",
	                  strerror(errno));
}

int cli_ring_shares(const struct ring *r, FILE *out, struct reason *why)
{
	for (size_t i = 0; i < ring_count(r); i++)
		fprintf(out, "%s\t%.2f%%\n", ring_name(r, i),
		        100 * ring_share(r, i));
	return out_check(out, why);
}

/* `room` has NAME_LEN_MAX bytes. */
static int print_owner(const struct ring *r, const char *name, size_t len,
                       char *room, FILE *out, struct reason *why)
{
	size_t n = len <= NAME_LEN_MAX ? key_from_name(name, len, room) : len;
	size_t owner;

	if (n > KEY_MAX)
		return reason_set(why, -ENAMETOOLONG,
		                  "name '%.40s' is too long for a key", name);
	owner = ring_owner(r, key_of(room, n), NULL);
	fwrite(name, 1, len, out);
	fprintf(out, "\t%s\n", ring_name(r, owner));
	return 0;
}

/* The next line without its newline, NUL-terminated: 0, -ENODATA at the end,
 * or why it cannot be had. */
static int line_read(struct buf *line, FILE *in, struct reason *why)
{
	int c, err = 0;

	line->len = 0;
	while (!err && (c = getc_unlocked(in)) != EOF && c != '\n')
		err = buf_append(line, &(char){ (char)c }, 1);
	if (!err && c == EOF && ferror(in))
		return reason_set(why, -EIO, "cannot read names: %s",
		                  strerror(errno));
	if (!err && c == EOF && line->len == 0)
		return -ENODATA;
	if (!err)
		err = buf_append(line, "", 1);
	if (err == -EFBIG)
		return reason_set(why, -ENAMETOOLONG,
		                  "name '%.40s' is too long for a key",
		                  line->data);
	if (err)
		return reason_set(why, err, "out of memory");
	line->len--;
	return 0;
}

static int print_lines(const struct ring *r, char *room, FILE *in, FILE *out,
                       struct reason *why)
{
	struct buf line;
	int err;

	buf_init(&line, NAME_LEN_MAX + 1);
	for (;;) {
		err = line_read(&line, in, why);
		if (!err)
			err = print_owner(r, line.data, line.len, room, out,
			                  why);
		if (err)
			break;
	}
	buf_release(&line);
	return err == -ENODATA ? 0 : err;
}

int cli_ring_owners(const struct ring *r, const char *const *names,
                    size_t count, FILE *in, FILE *out, struct reason *why)
{
	char *room = malloc(NAME_LEN_MAX);
	int err = 0;

	if (!room)
		return reason_set(why, -ENOMEM, "out of memory");
	for (size_t i = 0; !err && i < count; i++) {
		if (strcmp(names[i], "-") == 0)
			err = print_lines(r, room, in, out, why);
		else
			err = print_owner(r, names[i], strlen(names[i]), room,
			                  out, why);
	}
	free(room);
	return err ? err : out_check(out, why);
}
