/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status page: page.html, a part of the program.  It loads nothing from
 * elsewhere: its style and script are in it, and are the only ones that its
 * policy allows, by their hashes.  It may ask its own server.
 */
#ifndef DREAMFS_PAGE_H
#define DREAMFS_PAGE_H

#include <stddef.h>

#define PAGE_ETAG_MAX   67 /* the hex SHA-256 in quotes, and a NUL */
#define PAGE_POLICY_MAX 512

struct page {
	const char *html; /* static */
	size_t len;
	char etag[PAGE_ETAG_MAX];
	char policy[PAGE_POLICY_MAX]; /* Content-Security-Policy */
};

/* 0 or a negative errno.  There is nothing to release. */
int page_init(struct page *p);

#endif
