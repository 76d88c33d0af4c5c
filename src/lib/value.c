/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/value.h"

#include "lib/clock.h"

#include <malloc.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MALLOC_HEAD 8  /* glibc's bookkeeping for each block */
#define SHA256_HEX  65 /* 64 digits and the NUL */

static int copy_text(char **out, const char *text)
{
	*out = text ? strdup(text) : NULL;
	return text && !*out ? -1 : 0;
}

struct value *value_create(struct buf *bytes, const struct value_meta *meta)
{
	struct value *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	if (copy_text(&v->etag, meta->etag) < 0 ||
	    copy_text(&v->last_modified, meta->last_modified) < 0) {
		free(v->etag);
		free(v);
		return NULL;
	}
	atomic_init(&v->refs, 1);
	v->source = meta->source;
	v->loaded_ns = clock_unix_ns();
	v->mtime_ns = meta->mtime_ns ? meta->mtime_ns : v->loaded_ns;
	v->bytes = buf_steal(bytes, &v->size);
	return v;
}

struct value *value_ref(struct value *v)
{
	atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
	return v;
}

void value_unref(struct value *v)
{
	if (!v ||
	    atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1)
		return;
	free((char *)v->bytes);
	free(v->etag);
	free(v->last_modified);
	free(atomic_load(&v->sha256));
	free(v);
}

static size_t block_size(const void *block)
{
	return block ? malloc_usable_size((void *)block) + MALLOC_HEAD : 0;
}

size_t value_footprint(const struct value *v)
{
	return block_size(v) + block_size(v->bytes) + block_size(v->etag) +
	       block_size(v->last_modified);
}

const char *value_sha256(struct value *v)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char *hex = atomic_load(&v->sha256), *none = NULL;
	unsigned int len = 0;

	if (hex)
		return hex;
	hex = malloc(SHA256_HEX);
	if (!hex || !EVP_Digest(v->bytes ? v->bytes : "", v->size, digest, &len,
	                        EVP_sha256(), NULL)) {
		free(hex);
		return NULL;
	}
	for (unsigned int i = 0; i < len; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
	if (atomic_compare_exchange_strong(&v->sha256, &none, hex))
		return hex;
	free(hex);
	return none;
}
