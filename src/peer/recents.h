/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which keys were invalidated lately.
 *
 * An invalidation reaches the nodes one after the other.  A node that has
 * heard of it and asks an owner that has not would get the old value back and
 * keep it.  So for RECENTS_MS a request to a peer says how long ago the key was
 * invalidated, and an owner whose own last news of it is older takes it as an
 * invalidation.  (Ages need no common clock, and the request's way makes the
 * event only seem later than it was: that costs a load at worst.)
 *
 * Only hashes are kept: to take another key for invalidated costs one load.
 * When there are more than fit, all keys count as invalidated for that time.
 * The owner's lock protects it.
 */
#ifndef DREAMFS_RECENTS_H
#define DREAMFS_RECENTS_H

#include "lib/key.h"

#define RECENTS_MAX  256
#define RECENTS_MS   5000
#define RECENTS_NONE INT64_MAX

struct recents {
	uint64_t hash[RECENTS_MAX];
	int64_t until_ms[RECENTS_MAX]; /* 0: free */
	unsigned int next;             /* the oldest */
	int64_t all_until_ms;
};

/* All zeros is empty. */
void recents_add(struct recents *r, struct key key, int64_t now);
void recents_add_all(struct recents *r, int64_t now);
/* Milliseconds since the last time, or RECENTS_NONE. */
int64_t recents_age(const struct recents *r, struct key key, int64_t now);

#endif
