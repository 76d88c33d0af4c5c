/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/service.h"

#include "cli/signals.h"

#include "os/nofile.h"
#include "os/sdnotify.h"

#include <string.h>

int service_begin(const struct conf *conf, enum log_sink sink,
                  struct reason *why)
{
	int err;

	log_set_level(conf->node.log);
	log_set_format(conf->node.log_format);
	sdnotify_init();
	nofile_raise();
	signals_block();
	err = log_start(sink, 0);
	return err ? reason_set(why, err, "cannot start a thread: %s",
	                        strerror(-err))
	           : 0;
}

void service_end(void)
{
	log_stop();
	log_info("ended");
}
