/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What this process takes, as the kernel says: proc(5). */
#ifndef DREAMFS_SELFPROC_H
#define DREAMFS_SELFPROC_H

#include <stdint.h>

struct selfproc {
	double cpu_s;     /* user and system */
	double started_s; /* Unix time; the same at every call */
	uint64_t virtual_bytes, resident_bytes;
	uint64_t open_fds, max_fds;
};

/* Any thread.  What cannot be had is 0. */
struct selfproc selfproc_read(void);

#endif
