/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* From a configuration to a running node, at the start and on reload. */
#ifndef DREAMFS_CLI_DEPLOY_H
#define DREAMFS_CLI_DEPLOY_H

#include "conf.h"
#include "node.h"

struct deploy {
	struct conf conf;  /* in effect */
	struct node *node; /* owned */
};

/* Takes `conf`.  0, or a negative errno with the reason; then nothing is left
 * of either. */
int deploy_init(struct deploy *d, struct conf *conf, struct reason *why);
void deploy_release(struct deploy *d);

/* Reads the file again and changes what differs.  On failure, with the
 * reason, nothing has changed.  One thread at a time. */
int deploy_reload(struct deploy *d, struct reason *why);

#endif
