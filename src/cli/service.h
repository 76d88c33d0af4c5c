/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a process does that runs a node, before and after: the log, signals,
 * limits, the service manager. */
#ifndef DREAMFS_CLI_SERVICE_H
#define DREAMFS_CLI_SERVICE_H

#include "conf/conf.h"

/* In the process that is to run the node, before any thread is started. */
void service_begin(const struct conf *conf, enum log_sink sink);
/* After everything else. */
void service_end(void);

#endif
