/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group and a key in the path of a request between peers:
 *
 *     [PREFIX]{base}GROUP/KEY         base of dialect.h
 *     ANYTHING/_heartbeat_/hello      is this node alive? (DREAMEMO)
 *
 * PREFIX is the path of the peer's own URL, mostly none.
 *
 * What goes out: every byte of group and key outside A-Za-z0-9._~- becomes
 * %XX.  That is one spelling all decoders agree on, whatever they think of
 * '+'.  Segments "." and ".." stay as they are: tell the HTTP client to leave
 * the path alone (CURLOPT_PATH_AS_IS).
 *
 * What comes in: the path as it was on the wire, still encoded.  (With
 * libmicrohttpd: set an unescape callback that does nothing.)
 *
 *   Plus.  The clients of groupcache and DREAMEMO encode with Go's
 *   url.QueryEscape: a space becomes '+', a plus %2B.  Their servers decode
 *   with url.PathUnescape, where '+' is itself, so among them "a b" arrives
 *   as "a+b", a defect we do not share.  QueryEscape and our own encoder
 *   never emit a raw plus for a plus; so a raw '+' is a space and %2B a plus,
 *   in the group as well.  (A client that uses PathEscape for "a+b" would
 *   be misread; none of this family does.)
 *
 *   Slashes.  The group ends at the first raw '/'; all that follows is the
 *   key, %2F or raw.  Where Go decodes first and then splits, a group with
 *   %2F in it ends early; there is no such group either way.  In DREAMEMO one
 *   raw slash at the end does not count, and a raw one inside is an error;
 *   the encoded ones DREAMEMO refuses too (or drops, at the end, and answers
 *   for another key) we serve.
 *
 *   A '%' without two hex digits is an error, as in Go's URL parser.  A '?'
 *   begins a query, which is ignored.
 *
 * Sources: groupcache http.go and Go 1.19 net/http ServeMux.Handler;
 * DREAMEMO app/server/server.go and common/util/util.go; transcripts in
 * tests/vectors.
 */
#ifndef DREAMFS_PEERURL_H
#define DREAMFS_PEERURL_H

#include "lib/buf.h"
#include "lib/key.h"
#include "peer/wire/dialect.h"

#define HEARTBEAT_GROUP "_heartbeat_"
#define HEARTBEAT_KEY   "hello"

enum peerurl_kind { PEERURL_KEY, PEERURL_HEARTBEAT };

struct peerurl {
	enum peerurl_kind kind;
	/* Of a PEERURL_KEY only: */
	const struct dialect *dialect;
	struct key group; /* decoded; may hold any byte; borrowed from the
			     buffer given to peerurl_parse() */
	struct key key;   /* the same */
};

/* Appends "{base}GROUP/KEY".  0, -EFBIG, -ENOMEM. */
int peerurl_format(struct buf *out, const struct dialect *dialect,
                   const char *group, struct key key);

/*
 * Reads a request's path of `len` bytes.  `room` has at least `len` bytes
 * and receives the decoded names.  `prefix` (never NULL; "" for none) may be
 * absent from the path, for proxies that strip it.  0; or
 *   -ENOENT        not under a base path;
 *   -EINVAL        no slash after the group, a bad %XX, or, under DREAMEMO's
 *                  base, an empty key or one with a raw slash;
 *   -ENAMETOOLONG  a key over KEY_MAX.
 */
int peerurl_parse(struct peerurl *out, const char *prefix, const char *path,
                  size_t len, char *room);

/*
 * Whether these are the heartbeat's names.  Below groupcache's base they are
 * read as a key; dreamfs peers ask there, since a groupcache program might
 * answer nowhere else.
 */
bool peerurl_is_heartbeat(struct key group, struct key key);

/*
 * Whether a Go peer would answer for this key; if not, it is loaded here
 * instead of asking in vain.
 *
 * groupcache sits behind http.ServeMux, which cleans the decoded path and
 * redirects (301) when that changes it: a key that begins with '/' or has
 * "//", "." or ".." as a segment.  (Go 1.22 and later clean the encoded path,
 * so only "." and ".." remain; we cannot tell who is there.)  A slash at the
 * end and the empty key are fine.
 *
 * DREAMEMO has no mux, but splits the decoded path into exactly two segments:
 * 400 for the empty key and for any '/', except that a slash at the end is
 * dropped, which would be another key's value.  And group "_heartbeat_", key
 * "hello" is its heartbeat, whose empty 200 would read as an empty value.
 */
bool peerurl_go_answers(const struct dialect *dialect, const char *group,
                        struct key key);

#endif
