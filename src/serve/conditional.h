/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditional HTTP requests: RFC 9110 sections 8.8 and 13, for GET and HEAD.
 */
#ifndef DREAMFS_CONDITIONAL_H
#define DREAMFS_CONDITIONAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The fields of a request; NULL: absent. */
struct conditions {
	const char *match;            /* If-Match */
	const char *unmodified_since; /* If-Unmodified-Since */
	const char *none_match;       /* If-None-Match */
	const char *modified_since;   /* If-Modified-Since */
};

/* What to answer about the version with this (strong) tag, which was last
 * modified at this Unix time: 200, 304 or 412. */
int conditions_check(const struct conditions *c, const char *etag,
                     int64_t modified);

/*
 * Whether a Range is to be honoured in the light of If-Range (NULL: absent).
 * Only for the very same tag: two versions of one second have the same date.
 */
bool if_range_holds(const char *if_range, const char *etag);

/* Is this "…", a strong tag as the RFC spells it? */
bool etag_is_strong(const char *text);

#endif
