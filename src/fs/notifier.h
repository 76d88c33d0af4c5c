/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the kernel to forget names.
 *
 * A thread of its own, holding no lock: the call takes the directory's lock
 * in the kernel, so from inside a handler for that directory it would
 * deadlock (measured with libfuse 3.14 on Linux 6.18).  What it forgets comes
 * back as FORGET and frees the value.
 */
#ifndef DREAMFS_NOTIFIER_H
#define DREAMFS_NOTIFIER_H

#include "fs/inode.h"

struct notifier;

/* `session` is a struct fuse_session; both outlive the notifier.  0 or a
 * negative errno. */
int notifier_create(struct notifier **out, struct inodes *inodes,
                    void *session);
/* Ends the thread, while requests are still served: the kernel may need an
 * answer before it can hear us.  What comes later is dropped. */
void notifier_stop(struct notifier *n);
void notifier_destroy(struct notifier *n);

/* Takes over inodes collected by inodes_collect(); `list` is empty
 * afterwards.  Never blocks. */
void notifier_push(struct notifier *n, struct list_node *list);

#endif
