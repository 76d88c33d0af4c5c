/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often an event is told: of one site (a message's format) about one group
 * or peer the first `first` in a window of time.  What is held back is counted;
 * when the window ends there is a summary, and the next window, as it is more
 * of the same, lets only one event pass.  A window without anything held back
 * is the last.
 *
 * There are as many windows as sites times groups or peers, at most
 * LOGLIMIT_MAX; beyond, and without memory, everything passes: nobody's
 * errors are hidden by another's.  The owner's lock protects it.
 */
#ifndef DREAMFS_LOGLIMIT_H
#define DREAMFS_LOGLIMIT_H

#include "lib/list.h"
#include "lib/table.h"
#include "os/log.h"

#define LOGLIMIT_MAX       4096
#define LOGLIMIT_NAME_MAX  256 /* of a group, or a peer's URL; cut */
#define LOGLIMIT_MSG_MAX   160
#define LOGLIMIT_ERROR_MAX 256

struct loglimit {
	int64_t window_ms;
	unsigned int first;
	struct table windows;
	struct list_node by_end; /* the one that ends first, first */
};

struct loglimit_event {
	enum log_level level;
	const char *site;
	const char *msg;
	const struct log_about *about;
};

/* What was held back; about the last of it. */
struct loglimit_summary {
	enum log_level level;
	unsigned int count;
	int64_t ms;                    /* how long it took */
	char group[LOGLIMIT_NAME_MAX]; /* "": none */
	char peer[LOGLIMIT_NAME_MAX];
	char msg[LOGLIMIT_MSG_MAX];
	char error[LOGLIMIT_ERROR_MAX];
};

/* 0 or -ENOMEM. */
int loglimit_init(struct loglimit *l, unsigned int first, int64_t window_ms);
void loglimit_release(struct loglimit *l);

/* Whether it may be told; else it is counted.  *opened: a window begins. */
bool loglimit_pass(struct loglimit *l, const struct loglimit_event *e,
                   int64_t now, bool *opened);
/* The next summary of a window that has ended, if `all` of any window; false:
 * there is none. */
bool loglimit_next(struct loglimit *l, int64_t now, bool all,
                   struct loglimit_summary *out);
/* When the next window ends; CLOCK_NEVER: there is none. */
int64_t loglimit_due(const struct loglimit *l);

#endif
