/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What expires, the next one first: a binary min-heap of nodes embedded in
 * what they belong to.  The caller holds the lock.
 */
#ifndef DREAMFS_EXPIRY_H
#define DREAMFS_EXPIRY_H

#include <stddef.h>
#include <stdint.h>

#define EXPIRY_NOWHERE SIZE_MAX

struct expiry_node {
	int64_t at_ms; /* changed only while it is in no heap */
	size_t place;  /* the heap's; EXPIRY_NOWHERE: in none */
};

/* All zeros is empty. */
struct expiry {
	struct expiry_node **nodes;
	size_t count, cap;
};

/* The nodes are the caller's. */
void expiry_release(struct expiry *x);

/* 0; or -ENOMEM, and it was not taken. */
int expiry_add(struct expiry *x, struct expiry_node *node);
/* Does nothing to a node that is in no heap. */
void expiry_remove(struct expiry *x, struct expiry_node *node);

/* NULL when there is none. */
static inline struct expiry_node *expiry_first(const struct expiry *x)
{
	return x->count ? x->nodes[0] : NULL;
}

#endif
