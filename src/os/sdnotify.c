/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/sdnotify.h"

#include "lib/units.h"
#include "os/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STATE_MAX 512

static struct {
	struct sockaddr_un to;
	socklen_t len; /* 0: nobody listens */
	int64_t watchdog_ms;
} manager;

void sdnotify_init(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	const char *pid = getenv("WATCHDOG_PID");
	const char *usec = getenv("WATCHDOG_USEC");
	size_t len = path ? strlen(path) : 0;
	uint64_t whose = (uint64_t)getpid(), us;

	if (len && strchr("/@", *path) && len < sizeof(manager.to.sun_path)) {
		manager.to.sun_family = AF_UNIX;
		memcpy(manager.to.sun_path, path, len);
		if (*path == '@') /* an abstract address */
			manager.to.sun_path[0] = '\0';
		manager.len =
		        (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
		                    len);
	}
	/* sd_watchdog_enabled(3): it may be meant for another process. */
	if (pid && number_parse(pid, 10, INT32_MAX, &whose) < 0)
		whose = 0;
	if (manager.len && whose == (uint64_t)getpid() && usec &&
	    number_parse(usec, 10, INT64_MAX, &us) == 0)
		manager.watchdog_ms = (int64_t)(us / 1000);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

bool sdnotify_wanted(void)
{
	return manager.len != 0;
}

int64_t sdnotify_watchdog_ms(void)
{
	return manager.watchdog_ms;
}

void sdnotify(const char *fmt, ...)
{
	static struct log_limit limit;
	char state[STATE_MAX];
	va_list args;
	int fd;

	if (!manager.len)
		return;
	va_start(args, fmt);
	vsnprintf(state, sizeof(state), fmt, args);
	va_end(args);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	           (const struct sockaddr *)&manager.to, manager.len) < 0)
		log_often(&limit, LOG_LVL_WARN,
		          &(struct log_about){ .error = strerror(errno) },
		          "cannot notify the service manager");
	if (fd >= 0)
		close(fd);
}
