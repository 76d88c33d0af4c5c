/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of values that only the node and its groups have: words of the
 * other parts' tables, addresses, owners of files.  Numbers and texts are in
 * lib/option/type.h.
 */
#ifndef DREAMFS_CONFTYPE_H
#define DREAMFS_CONFTYPE_H

#include "getter/getter.h"
#include "lib/option/type.h"

/* Each is named after the C type of its field. */
extern const struct option_type conftype_ttl;    /* conf_group's settings.ttl_ms
						    and ttl_origin */
extern const struct option_type conftype_mode;   /* mode_t */
extern const struct option_type conftype_uid;    /* uid_t */
extern const struct option_type conftype_gid;    /* gid_t */
extern const struct option_type conftype_listen; /* char *, HOST:PORT */

/* A word of a table: the field points to its entry, or is an enum. */
extern const struct option_type conftype_policy;
extern const struct option_type conftype_protocol;
extern const struct option_type conftype_codec;
extern const struct option_type conftype_placement;
extern const struct option_type conftype_log;
extern const struct option_type conftype_format;

/* The getter of that name; NULL with the reason. */
const struct getter_ops *conftype_getter(const char *name, struct reason *why);

#endif
