/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this node answers to its peers: unmodified groupcache and DREAMEMO
 * programs, and other dreamfs nodes.
 *
 *     GET, HEAD {base}GROUP/KEY  200 and one GetResponse (codec.h); loads the
 *                                key if need be, here, never from a peer
 *     DELETE {base}GROUP/KEY     200 with nothing: it is not held any more,
 *                                whether it was or not; never forwarded
 *     DELETE {base}GROUP/        the same for the empty key; with the header
 *                                X-Dreamfs-Scope: group, for the whole group
 *                                (groupcache's base only: DREAMEMO has no
 *                                empty key)
 *     GET, HEAD heartbeat        200 with nothing; 503 when draining
 *
 * Bases and heartbeat are those of url.h, whatever this node's protocol;
 * below groupcache's base, too, the heartbeat is one unless there is such a
 * group.
 * Everything else:
 *
 *     400  neither group nor key to be read in the path
 *     404  not under a base path (400 when this node speaks DREAMEMO)
 *     404 or 400, by the request's base: no such group
 *     405  another method; Allow says which
 *     414  a key over KEY_MAX; httpd.h has a tighter limit for all paths
 *     500  the load failed; X-Dreamfs-Errno says how, as failure.h does,
 *          so that "no such key" is known from a failure
 *     503  this node is closing or has no memory: ask another one
 *
 * A GET with `Cache-Control: no-cache` is not answered from the cache.
 *
 * A GET with X-Dreamfs-Invalidated: MS brings the news that the key was, so
 * long ago, in case the DELETE is still on its way here (recents.h).
 *
 * All with a line of text for people.  A value that expires says when, in
 * the field `expire`; a time that has passed: it is stale (group.h).  With
 * Cache-Control: must-revalidate it may not be given out stale.
 */
#ifndef DREAMFS_SERVER_H
#define DREAMFS_SERVER_H

#include "net/httpd.h"
#include "node/node.h"
#include "peer/peers.h"

struct server;

struct server_config {
	const char *listen;            /* listen.h; copied */
	struct peers *peers;           /* for the path of this node's own URL;
					   NULL: none; outlives the server */
	const struct dialect *dialect; /* this node's; NULL: groupcache */
	const struct codec_ops *codec; /* for dialects that leave the choice;
					   NULL: protobuf */
	unsigned int connections;      /* 0: HTTPD_CONNECTIONS */
	int64_t idle_ms;               /* 0: HTTPD_IDLE_MS */
};

/* Binds, and serves on a thread of its own.  `node` outlives it.  0, or a
 * negative errno with the reason. */
int server_create(struct server **out, struct node *node,
                  const struct server_config *config, struct reason *why);
/* From now on the heartbeat fails, so that peers look elsewhere; everything
 * else goes on.  Any thread. */
void server_drain(struct server *s);
/* What it serves on: its port and pulse.  To be stopped before node_close(),
 * which ends the loads that peers wait for. */
struct httpd *server_httpd(struct server *s);
/* Stops it if nobody has; NULL is fine. */
void server_destroy(struct server *s);

#endif
