/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a group is told by its configuration, but for the getter: plain data. */
#ifndef DREAMFS_GROUP_SETTINGS_H
#define DREAMFS_GROUP_SETTINGS_H

#include "cache/evict/evict.h"

#include <stdint.h>
#include <sys/types.h>

/* Bounds as in the configuration; durations in ms, sizes in bytes. */
struct group_settings {
	const struct evict_ops *policy;
	uint64_t capacity;
	uint64_t max_value;
	int64_t ttl_ms;          /* 0: never expires */
	int64_t negative_ttl_ms; /* 0: not kept */
	int64_t stale_ms;        /* 0: never given out when expired */
	int64_t timeout_ms;      /* a reader's deadline; > 0 */
	int64_t kernel_cache_ms;
	double hot; /* share of peers' answers that are kept */
	int loads;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

#endif
