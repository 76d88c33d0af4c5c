/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* libfuse, for the few files that speak to the kernel; included first. */
#ifndef DREAMFS_FUSE_API_H
#define DREAMFS_FUSE_API_H

#define FUSE_USE_VERSION 314

#include "fs/inode.h"

#include <fuse_lowlevel.h>

/* The kernel calls an inode by its address, the root by 1. */
static inline fuse_ino_t fuse_ino_of(const struct inode *i)
{
	return i->kind == INODE_ROOT ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)i;
}

static inline struct inode *fuse_ino_get(struct inodes *t, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? t->root : (struct inode *)(uintptr_t)ino;
}

#endif
