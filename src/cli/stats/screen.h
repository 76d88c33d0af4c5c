/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal as a page that is drawn anew, and put back as it was.  One a
 * process. */
#ifndef DREAMFS_CLI_SCREEN_H
#define DREAMFS_CLI_SCREEN_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define SCREEN_WIDE SIZE_MAX /* as wide as it has to be */

/* Can it be had: are both ends a terminal that knows the codes? */
bool screen_possible(void);
/* Takes the terminal: another page, no cursor, keys come one by one and are
 * not shown. */
void screen_enter(void);
/* Puts it back; nothing happens if it was not taken. */
void screen_leave(void);

/* As of now; 80 and 24 if it does not say. */
void screen_size(size_t *columns, size_t *rows);
/* Appends the text as it is safe to show, cut to `width` columns, the last of
 * which then tells so: control characters, and bytes that are no text in the
 * locale, are '?'.  0 or a negative errno. */
int screen_text(const char *text, size_t len, size_t width, struct buf *out);
/* Shows these lines from the top, those that fit.  0 or -EIO. */
int screen_draw(const char *lines, size_t len);
/* Is there a 'q' (or 'Q') among the keys that were typed? Takes them. */
bool screen_quits(void);

#endif
