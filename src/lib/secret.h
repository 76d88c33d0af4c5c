/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets: kept out of what people and programs read, and read from files.
 *
 * A secret that was written where it can be seen, in a URL or in a header, is
 * shown as "***".  That is for display alone: what was so printed is no longer
 * what was said.
 */
#ifndef DREAMFS_SECRET_H
#define DREAMFS_SECRET_H

#include "lib/buf.h"
#include "lib/reason.h"

#include <stdbool.h>

#define SECRET_FILE_MAX ((size_t)65536) /* bytes; no token is that long */

/*
 * A copy of the text with the password of every URL in it as "***":
 * "https://user:***@host/"; to be freed; NULL without memory.  A password in
 * which a '/' should have been written %2F is recognised too.
 */
char *secret_hide(const char *text);

/* Does the text hold a URL with a password? */
bool secret_is_in(const char *text);

/* How long the part of a header's line is that may be shown: up to its value
 * if the name sounds like a secret (Authorization, Cookie, X-Api-Key, …), else
 * all of it. */
size_t secret_header_shown(const char *line);

/*
 * Reads a file that holds one secret alone into the empty `out`, as a string
 * without the white space around it.  Nothing is kept from call to call, so
 * a file that was replaced is noticed at once; one that is being written is
 * read again.
 *
 * 0; -EINVAL when it is empty, longer than SECRET_FILE_MAX, or has a control
 * character in it; or what opening it failed with: -ENOENT, -EACCES, -EIO,
 * -ECANCELED (cancel_fd readable).  The reason tells the path, never the text.
 */
int secret_read(struct buf *out, const char *path, int cancel_fd,
                struct reason *why);

/* Whether it can be read; NULL: no file is said.  0, or what secret_read()
 * says. */
int secret_check(const char *path, struct reason *why);

/* Wipes the bytes, then frees them. */
void secret_release(struct buf *secret);

#endif
