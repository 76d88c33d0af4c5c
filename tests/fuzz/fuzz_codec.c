/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* Both decoders: the value lies in the message, what was read is written and
 * read again as the same, and protobuf-c agrees. */
#include "groupcache.pb-c.h"
#include "peer/wire/codec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct codec_ops *codec,
                        const struct codec_response *r)
{
	struct codec_response again;
	struct codec_frame f;
	char *message;

	assert(codec->encode(&f, r, &dialect_groupcache) == 0);
	message = malloc(f.head_len + r->len + f.tail_len);
	assert(message);
	memcpy(message, f.head, f.head_len);
	if (r->len)
		memcpy(message + f.head_len, r->value, r->len);
	memcpy(message + f.head_len + r->len, f.tail, f.tail_len);
	assert(codec->decode(&again, message,
	                     f.head_len + r->len + f.tail_len) == 0);
	assert(again.len == r->len);
	assert(r->len == 0 || memcmp(again.value, r->value, r->len) == 0);
	assert(again.has_expire == r->has_expire);
	assert(again.expire_ns == r->expire_ns);
	free(message);
}

static void check_protobuf_c(const struct codec_response *r,
                             const uint8_t *data, size_t size)
{
	Dreamfs__GetResponse *m =
	        dreamfs__get_response__unpack(NULL, size, data);

	assert(m);
	assert(m->value.len == r->len);
	assert(r->len == 0 || memcmp(m->value.data, r->value, r->len) == 0);
	assert(m->has_expire == r->has_expire);
	assert(m->expire == r->expire_ns);
	dreamfs__get_response__free_unpacked(m, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;

	for (size_t i = 0; codec_table[i]; i++) {
		struct codec_response r;

		if (codec_table[i]->decode(&r, bytes, size) < 0)
			continue;
		assert(!r.value == (r.len == 0));
		assert(r.len == 0 ||
		       (r.value > bytes && r.value + r.len <= bytes + size));
		check_again(codec_table[i], &r);
		if (strcmp(codec_table[i]->name, "protobuf") == 0)
			check_protobuf_c(&r, data, size);
	}
	return 0;
}
