/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to libfuse stays the same when it is read once more, and has
 * nothing in it that is ours. */
#include "cli/mountopts.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check(const struct mountopts *o, const struct reason *why, int err)
{
	assert(o->max_threads <= 1024 && o->max_idle_threads <= 1024);
	assert(!err || why->text[0]);
	assert(!strchr(why->text, '\n'));
}

/* Reading what was made for libfuse. */
static void again(const struct mountopts *o)
{
	struct reason why = { "" };
	struct mountopts second = { .config = NULL };

	assert(mountopts_add(&second, o->fuse, &why) == 0);
	assert(!second.config && !second.clone_fd && !second.max_threads &&
	       !second.max_idle_threads);
	assert(second.allow_other == o->allow_other);
	assert(strcmp(second.fuse, o->fuse) == 0);
	mountopts_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct reason why = { "" };
	struct mountopts o = { .config = NULL };
	int err;

	assert(text);
	err = mountopts_add(&o, text, &why);
	check(&o, &why, err);
	if (o.fuse && !err)
		again(&o);
	mountopts_release(&o);
	free(text);
	return 0;
}
