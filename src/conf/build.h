/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what was said to what it means: fills in inherited and built-in
 * values, and finds what is missing or contradicts itself.
 *
 * A group's own settings win over those of `defaults`, which win over the
 * table's.  A setting that belongs to one getter is refused in a group with
 * another; from `defaults` it goes to the groups it fits.
 */
#ifndef DREAMFS_CONFBUILD_H
#define DREAMFS_CONFBUILD_H

#include "conf/conf.h"
#include "conf/tree.h"

/* Adds to a zeroed `c`, which remains the caller's to release also on
 * failure.  0; -EINVAL with the reason; -ENOMEM. */
int conf_build(struct conf *c, const struct conftree *tree, struct reason *why);

#endif
