/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What `dreamfs ring` prints: who owns what, and how even it is. */
#ifndef DREAMFS_CLI_RING_PRINT_H
#define DREAMFS_CLI_RING_PRINT_H

#include "lib/reason.h"
#include "peer/placement/ring.h"

#include <stdio.h>

/* A line PEER<TAB>SHARE% for each peer, in the configuration's order.  0, or
 * -EIO with the reason when `out` cannot be written. */
int cli_ring_shares(const struct ring *r, FILE *out, struct reason *why);

/*
 * A line NAME<TAB>OWNER for each of `names`, which are file names of keys
 * (key.h); "-" stands for all names on `in`, one a line, the last without a
 * newline or with one.  0; -ENAMETOOLONG for a name no key can have; -EIO;
 * -ENOMEM; each with the reason.  What came before the bad one is printed.
 */
int cli_ring_owners(const struct ring *r, const char *const *names,
                    size_t count, FILE *in, FILE *out, struct reason *why);

#endif
