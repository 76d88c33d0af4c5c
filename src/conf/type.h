/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of values that only the node and its groups have: words of the
 * other parts' tables, addresses, owners of files.  Numbers and texts are in
 * lib/option/type.h.
 */
#ifndef DREAMFS_CONFTYPE_H
#define DREAMFS_CONFTYPE_H

#include "lib/option/type.h"

/* Each is named after the C type of its field. */
extern const struct option_type conftype_ttl;       /* conf_group.ttl_ms */
extern const struct option_type conftype_mode;      /* mode_t */
extern const struct option_type conftype_uid;       /* uid_t */
extern const struct option_type conftype_gid;       /* gid_t */
extern const struct option_type conftype_policy;    /* char *, as evict.h */
extern const struct option_type conftype_log;       /* enum log_level */
extern const struct option_type conftype_format;    /* enum log_format */
extern const struct option_type conftype_listen;    /* char *, HOST:PORT */
extern const struct option_type conftype_protocol;  /* const struct dialect * */
extern const struct option_type conftype_codec;     /* …codec_ops * */
extern const struct option_type conftype_placement; /* …placement_ops * */

/* Sets the reason to "'WORD' is none of: KNOWN…, did you mean 'NEAR'?" and
 * returns -EINVAL. */
int conftype_word_refuse(const char *word, const char *const *known,
                         struct reason *why);

#endif
