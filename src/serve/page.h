/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status page: page.html, a part of the program.  It loads nothing from
 * elsewhere: its style and script are in it, and are the only ones that its
 * policy allows, by their hashes.  It may ask its own server.
 *
 * For those who run no scripts (curl, w3m) it has a place for text, which is
 * put in each time.
 */
#ifndef DREAMFS_PAGE_H
#define DREAMFS_PAGE_H

#include "lib/buf.h"

#include <stddef.h>

#define PAGE_POLICY_MAX 512

struct page {
	const char *html;             /* static */
	const char *rest;             /* of it, behind the place for text */
	char policy[PAGE_POLICY_MAX]; /* Content-Security-Policy */
};

/* 0 or a negative errno.  There is nothing to release. */
int page_init(struct page *p);
/* Appends the page with n bytes of text, none of which is markup.  0 or a
 * negative errno. */
int page_print(const struct page *p, const char *text, size_t n,
               struct buf *out);

#endif
