/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long an HTTP response may be served without asking again: RFC 9111
 * section 4.2, for a shared cache, which a node with many readers is.
 *
 * A pure function of the header fields and the time of arrival.
 */
#ifndef DREAMFS_FRESHNESS_H
#define DREAMFS_FRESHNESS_H

#include <stdbool.h>
#include <stdint.h>

/* Field values as received; NULL: the field was absent. */
struct freshness {
	const char *cache_control; /* several fields joined by commas */
	const char *expires;
	const char *date;
	const char *age;
	const char *last_modified;
};

/*
 * Milliseconds from now; 0 is stale at once, which is also the answer to
 * anything that cannot be understood.  At most a year.
 *
 * In this order: no-store, no-cache or private: 0.  s-maxage, then max-age,
 * then Expires minus Date, each less the Age.  If nothing is said, a tenth
 * of Date minus Last-Modified, at most a day.  Without a Date, `now` (Unix
 * seconds) stands for it.
 */
int64_t freshness_ms(const struct freshness *f, int64_t now);

/* Whether the response must not be served when it is no longer fresh, whatever
 * we would like: it says must-revalidate, proxy-revalidate, s-maxage, no-cache,
 * no-store or private (RFC 9111 sections 4.2.4 and 5.2.2). */
bool freshness_must_revalidate(const struct freshness *f);

#endif
