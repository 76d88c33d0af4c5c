/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node's figures for Prometheus: its text format, version 0.0.4.
 *
 *     dreamfs_COUNTER_total{group}         counters.h
 *     dreamfs_evictions_total, dreamfs_expired_total {group}
 *     dreamfs_cache_bytes, dreamfs_cache_items, dreamfs_hot_bytes,
 *     dreamfs_hot_items, dreamfs_cache_capacity_bytes {group}
 *     dreamfs_load_duration_seconds{group,source}     histogram; source is
 *                                                     getter or peer
 *     dreamfs_peer_request_duration_seconds{peer}     histogram
 *     dreamfs_peer_up{peer}, dreamfs_ring_share_ratio{peer}
 *     dreamfs_build_info{version}
 *     process_...                          as Prometheus' own libraries
 *
 * Labels must be UTF-8: of a group's name, other bytes are %XX.
 */
#ifndef DREAMFS_METRICS_H
#define DREAMFS_METRICS_H

#include "node/node.h"

/* Appends all of them.  Any thread, never blocks.  0 or a negative errno. */
int metrics_print(struct node *n, struct buf *out);

#endif
