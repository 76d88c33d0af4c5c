/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something failed, in one line for a person: what failed first, the
 * subject quoted, lower case, no full stop.  Travels beside a negative errno.
 */
#ifndef DREAMFS_REASON_H
#define DREAMFS_REASON_H

struct reason {
	char text[256]; /* NUL-terminated, never with a newline; "" is none */
};

/*
 * Formats the text (cut to fit, control characters blanked) and returns
 * `err`, so that one can `return reason_set(why, -EINVAL, "…")`.
 * `why` may be NULL.
 */
int reason_set(struct reason *why, int err, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* "out of memory", which is -ENOMEM, or -EIO for who waits for a value. */
int reason_oom(struct reason *why, int err);

#endif
