/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a peer may be asked: a small state machine, without lock or clock
 * of its own.
 *
 * A peer is up until it fails.  One that does not answer at all goes down at
 * once, so that it costs one timeout and not one a read; other failures (a
 * reset, a reply that makes no sense) take HEALTH_FAILURES in a row.  It comes
 * back when it answers heartbeats: one is enough, but a peer that comes and
 * goes has to answer twice as many each time, up to HEALTH_OKS_MAX; after
 * HEALTH_CALM_MS up, one is enough again.
 */
#ifndef DREAMFS_HEALTH_H
#define DREAMFS_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define HEALTH_FAILURES 3
#define HEALTH_OKS_MAX  8
#define HEALTH_CALM_MS  60000

enum health_event {
	HEALTH_OK,     /* it answered */
	HEALTH_FAILED, /* it answered badly */
	HEALTH_SILENT, /* it did not answer, or says that it leaves */
};

struct health {
	bool up;
	unsigned int failures; /* in a row, while up */
	unsigned int oks;      /* in a row, while down */
	unsigned int oks_needed;
	int64_t since_ms; /* of the last change; clock_now_ms() terms */
};

void health_init(struct health *h, int64_t now);

/* True if the peer went down or came up.  `heartbeat`: answers to requests do
 * not bring a peer back. */
bool health_note(struct health *h, enum health_event event, bool heartbeat,
                 int64_t now);

#endif
