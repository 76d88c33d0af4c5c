/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a load that failed is called, by errno: among nodes and at the front
 * door.
 *
 * Among nodes it is a status that all programs take for a failure, and
 * HEADER_ERRNO says which.  A node that hears of one that is the key's own
 * (there is none, it is denied, its value is too large) passes it on to its
 * reader, for its own getter would say the same.  Any other may be the owner's
 * alone: then it loads the key itself.
 */
#ifndef DREAMFS_FAILURE_H
#define DREAMFS_FAILURE_H

#include <stdbool.h>

struct failure {
	int err;          /* a negative errno; 0: of all others */
	const char *name; /* in HEADER_ERRNO; NULL: not said */
	bool of_key;      /* wherever it is loaded */
	int peer_status;  /* of HTTP, towards a node... */
	int door_status;  /* ...and at the front door */
	const char *text; /* for people */
};

/* Never NULL. */
const struct failure *failure_of(int err);
/* By its name; the one of all others for those we do not know, and NULL. */
const struct failure *failure_named(const char *name);

#endif
