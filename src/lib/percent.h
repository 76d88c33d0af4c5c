/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding, as in the paths and queries of URLs. */
#ifndef DREAMFS_PERCENT_H
#define DREAMFS_PERCENT_H

#include "lib/key.h"

#include <stdbool.h>

/* Decodes to `room`, which holds as many bytes as `raw`; what that became is in
 * *out.  `plus`: '+' is a space.  0; -EINVAL for a '%' without two hex digits.
 */
int percent_decode(struct key raw, bool plus, char *room, struct key *out);

#endif
