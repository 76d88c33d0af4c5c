/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/service.h"

#include "cli/signals.h"

#include "os/process.h"
#include "os/sdnotify.h"

void service_begin(const struct conf *conf, enum log_sink sink)
{
	log_set(conf->node.log, conf->node.log_format);
	sdnotify_init();
	process_raise_files();
	signals_block();
	log_start(sink, 0);
}

void service_end(void)
{
	log_stop();
	log_info("ended");
}
