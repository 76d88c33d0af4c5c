/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys, and how a key is spelled as a file name.
 *
 * A key is any string of bytes.  A file name cannot hold '/' or NUL and
 * cannot be "." or "..", so these are percent-encoded: '/' is %2F, NUL is
 * %00, '%' is %25, and the names "." and ".." are %2E and %2E%2E.  That is
 * the canonical spelling, the one listings show.  Reading accepts any %XX, in
 * either case; a '%' without two hex digits behind it stands for itself.
 */
#ifndef DREAMFS_KEY_H
#define DREAMFS_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest key in bytes, from whatever side it comes. */
#define KEY_MAX 65536

/*
 * Borrowed bytes: whoever made the key says how long they live.  A key is
 * hashed when it is made, once, and whoever keeps it keeps the hash: it is made
 * by key_of(), key_decode() or key_copy(), not field by field.
 */
struct key {
	const char *data;
	size_t len;
	uint64_t hash; /* seeded at random for each process, so nobody can aim
			  at one bucket */
};

struct key key_of(const char *data, size_t len);

/* The same key in other memory: copies its bytes to `out`, of k.len. */
struct key key_copy(struct key k, char *out);

bool key_equal(struct key a, struct key b);

/* Decodes percent-encoded text to `room` as percent_decode() does.  0 or
 * -EINVAL. */
int key_decode(struct key *out, const char *text, size_t n, bool plus,
               char *room);

/* Decodes a file name; `out` holds at least `len` bytes.  Returns the key's
 * length. */
size_t key_from_name(const char *name, size_t len, char *out);

/* Encodes canonically; `out` holds at least 3 * k.len + 1 bytes and is
 * NUL-terminated.  Returns the name's length.  The empty key has no name:
 * returns 0. */
size_t key_to_name(struct key k, char *out);

#endif
