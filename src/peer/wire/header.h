/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP headers of our own between nodes.  Other programs neither send nor
 * mind them.
 */
#ifndef DREAMFS_PEER_HEADER_H
#define DREAMFS_PEER_HEADER_H

/* Of an answer: the name of the errno with which the load failed, failure.h. */
#define HEADER_ERRNO "X-Dreamfs-Errno"

/* Of a DELETE of the empty key: what is meant is the whole group. */
#define HEADER_SCOPE "X-Dreamfs-Scope"
#define SCOPE_GROUP  "group"

/* Of a GET: the key was invalidated so many milliseconds ago, recents.h. */
#define HEADER_INVALIDATED "X-Dreamfs-Invalidated"

/* What Cache-Control says of a value that must not be given out stale. */
#define CONTROL_MUST_REVALIDATE "must-revalidate"

#endif
