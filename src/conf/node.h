/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's own settings as a whole: what the protocol decides, and whether
 * listen, self and peers make sense together.
 */
#ifndef DREAMFS_CONFNODE_H
#define DREAMFS_CONFNODE_H

#include "conf/conf.h"
#include "conf/tree.h"

/* Fills in what depends on other settings and checks them all; `block` is
 * what was said, NULL: nothing.  0; -EINVAL with the place and the reason;
 * -ENOMEM. */
int confnode_complete(struct conf_node *node, struct confblock *block,
                      struct reason *why);

#endif
