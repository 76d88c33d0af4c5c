/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front door: a node's values and figures for whatever speaks HTTP.
 *
 *     /v1/GROUP/KEY      GET: the bytes, raw.c says with which headers;
 *                        with Cache-Control: no-cache what is held is loaded
 *                        anew.  DELETE: 204, no longer valid, here and on
 *                        every peer, whether it was held or not.
 *     /v1/GROUP          DELETE: the same for the whole group.  Not with a
 *                        slash at the end, where somebody forgot the key.
 *     /GROUP?key=KEY     GET: {"KEY":"VALUE"}, as DREAMEMO's front end; json.h
 *                        says what becomes of bytes that are not UTF-8
 *     /.dreamfs/NAME     GET: a report of report.h, /.dreamfs/ their names
 *     /metrics           GET: the report of that name
 *     /healthz           GET: 200 `ok`, or 503 `starting` or `draining`
 *     /                  GET: page.h
 *
 * Names are percent-decoded; in a path '+' is itself, in a query a space.  KEY
 * is all that follows, slashes too.  The fixed names win over groups of the
 * same name, which are still to be had below /v1/.  HEAD is as GET.
 *
 * What goes wrong is told as {"error":"REASON"}:
 *
 *     400  no key; a '%' without two hex digits
 *     403  denied
 *     404  no such key, no such group, no such page
 *     405  another method; Allow says which
 *     412, 416  as the request's conditions and Range have it
 *     414  a key over KEY_MAX; httpd.h has a tighter limit for all of a URL
 *     502  the load failed, or the value is larger than the group's max_value
 *     503  closing, or no memory
 *     504  the load did not end within the group's timeout
 *
 * There is no authentication, and no header that lets pages of other sites
 * read: who can reach the address can read, load and invalidate everything.
 */
#ifndef DREAMFS_API_H
#define DREAMFS_API_H

#include "net/httpd.h"
#include "node/node.h"

struct api;

struct api_config {
	const char *listen;       /* listen.h */
	unsigned int connections; /* 0: HTTPD_CONNECTIONS */
	int64_t idle_ms;          /* 0: HTTPD_IDLE_MS */
};

/* Binds, and serves on a thread of its own; /healthz says `starting`.  `node`
 * outlives it.  0, or a negative errno with the reason. */
int api_create(struct api **out, struct node *node,
               const struct api_config *config, struct reason *why);
/* /healthz says `ok` from now on, unless it drains.  Any thread. */
void api_serve(struct api *a);
/* /healthz says `draining` from now on; everything else goes on.  Any
 * thread. */
void api_drain(struct api *a);
/* What it serves on: its port, its pulse, whether it is busy.  To be stopped
 * before node_close(). */
struct httpd *api_httpd(struct api *a);
/* Stops it if nobody has; NULL is fine. */
void api_destroy(struct api *a);

#endif
