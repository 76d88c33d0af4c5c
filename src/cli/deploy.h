/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a configuration to a running node, at the start and on reload, with what
 * its process does before and after: log, limits, service manager.
 *
 *	peers  <--  groups of the node  <--  front door, server, mount
 *
 * What is to the right uses what is to the left: that comes up before and
 * goes down after it.
 */
#ifndef DREAMFS_CLI_DEPLOY_H
#define DREAMFS_CLI_DEPLOY_H

#include "conf/conf.h"
#include "node/node.h"
#include "serve/api.h"
#include "serve/peers.h"

struct deploy {
	struct conf conf;      /* in effect */
	struct peers *peers;   /* owned; NULL: standalone */
	struct node *node;     /* owned */
	struct server *server; /* owned; NULL: it does not listen */
	struct api *api;       /* owned; NULL: no front door */
};

/*
 * In the process that is to run the node, with signals blocked and before any
 * thread is started.  Takes `conf`.  Warns if commands run as root for others:
 * whoever can see the mount if `allow_other`, else those who ask over HTTP.
 * 0, or a negative errno; then the reason is logged, and nothing is left.
 */
int deploy_init(struct deploy *d, struct conf *conf, enum log_sink sink,
                bool allow_other);
/* Readers may come: the front door says so. */
void deploy_ready(struct deploy *d);
/* Heartbeats and the front door's health fail from now on, so that others look
 * elsewhere. */
void deploy_drain(struct deploy *d);
/* Serves nobody any more and ends all loads; whoever listens to the node may
 * go then. */
void deploy_close(struct deploy *d);
/* Closes it if nobody has; after everything else. */
void deploy_release(struct deploy *d);

/*
 * Reads the file again and changes what differs: groups, limits, who the peers
 * are and how they are chosen.  What this node is to others stays: another
 * listen, api, self, protocol or codec is refused.  On failure, with the
 * reason, nothing has changed.  One thread at a time.
 */
int deploy_reload(struct deploy *d, struct reason *why);

#endif
