/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/nofile.h"

#include "os/log.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static struct rlimit before; /* zeros: nothing was raised */

void nofile_raise(void)
{
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_cur == now.rlim_max)
		return;
	before = now;
	now.rlim_cur = now.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &now) == 0)
		return;
	before = (struct rlimit){ 0 };
	log_warn("cannot raise the limit of open files: %s", strerror(errno));
}

void nofile_restore(pid_t child)
{
	/* It may have ended, or become somebody else, already. */
	if (before.rlim_max)
		prlimit(child, RLIMIT_NOFILE, &before, NULL);
}
