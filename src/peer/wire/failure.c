/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/wire/failure.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* The last one is of all others: we are closing, or have no memory. */
static const struct failure failures[] = {
	{ -ENOENT, "ENOENT", true, 500, 404, "no such key" },
	{ -EACCES, "EACCES", true, 500, 403, "access denied" },
	{ -EFBIG, "EFBIG", true, 500, 502, "value too large" },
	{ -ETIMEDOUT, "ETIMEDOUT", false, 500, 504, "load timed out" },
	{ -EIO, "EIO", false, 500, 502, "load failed" },
	{ 0, NULL, false, 503, 503, "not available" },
};

const struct failure *failure_of(int err)
{
	const struct failure *f = failures;

	while (f->err && f->err != err)
		f++;
	return f;
}

const struct failure *failure_named(const char *name)
{
	const struct failure *f = failures;

	while (f->err && (!name || strcmp(f->name, name) != 0))
		f++;
	return f;
}
