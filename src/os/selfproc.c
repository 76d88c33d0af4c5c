/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/selfproc.h"

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	return clock_gettime(clock, &t) == 0
	               ? (double)t.tv_sec + (double)t.tv_nsec / 1e9
	               : 0;
}

/* Computed once: the real-time clock may be set meanwhile. */
static double started_s;

/* Field 22 of stat: ticks from the system's start to ours.  The name, in
 * parentheses, may hold anything. */
static void started_read(void)
{
	FILE *in = fopen("/proc/self/stat", "re");
	char line[1024];
	size_t n = in ? fread(line, 1, sizeof(line) - 1, in) : 0;
	const char *at;
	uint64_t ticks;

	if (in)
		fclose(in);
	line[n] = '\0';
	at = strrchr(line, ')');
	if (at && sscanf(at,
	                 ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
	                 "%*u %*d %*d %*d %*d %*d %*d %" SCNu64,
	                 &ticks) == 1)
		started_s = seconds_of(CLOCK_REALTIME) -
		            seconds_of(CLOCK_BOOTTIME) +
		            (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

/* Without ".", ".." and the one that looks. */
static uint64_t open_fds(void)
{
	struct dirent **entries;
	int n = scandir("/proc/self/fd", &entries, NULL, alphasort);

	if (n < 0)
		return 0;
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return n > 3 ? (uint64_t)n - 3 : 0;
}

struct selfproc selfproc_read(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct selfproc self = { .cpu_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
		                 .open_fds = open_fds() };
	FILE *in = fopen("/proc/self/statm", "re");
	uint64_t all, resident, page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct rlimit files;

	pthread_once(&once, started_read);
	self.started_s = started_s;
	if (in && fscanf(in, "%" SCNu64 " %" SCNu64, &all, &resident) == 2) {
		self.virtual_bytes = all * page;
		self.resident_bytes = resident * page;
	}
	if (in)
		fclose(in);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		self.max_fds = files.rlim_cur;
	return self;
}
