/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a cache, shared by cache.c (what it holds) and step.c
 * (what is done to all of it, step by step).
 */
#ifndef DREAMFS_CACHE_PRIV_H
#define DREAMFS_CACHE_PRIV_H

#include "cache/cache.h"

struct cache_entry {
	struct table_node node;
	struct evict_item item;
	struct expiry_node expiry;
	struct value *value; /* a reference; NULL: negative */
	union {
		int64_t retry_ms;
		struct cache_entry *next_gone; /* when it left */
	};
	uint64_t hits;
	uint64_t born;
	size_t slot;
	unsigned int turn; /* of the policy that has it */
	enum cache_gone why;
	uint8_t tries;
	bool must_revalidate; /* never stale */
	bool lapsed;          /* its expiry was counted */
	uint32_t key_len;
	char key[];
};

/* A free slot holds the number of the next free one, tagged with bit 0. */
static inline bool slot_is_free(const struct cache_entry *e)
{
	return (uintptr_t)e & 1;
}

/* Takes an entry out; `unlink`: that its policy no longer has. */
void cache_entry_drop(struct cache *c, struct cache_entry *e,
                      enum cache_gone why);
void cache_entry_unlink(struct cache *c, struct cache_entry *e,
                        enum cache_gone why);
/* Makes room; something is held. */
void cache_evict(struct cache *c);

#endif
