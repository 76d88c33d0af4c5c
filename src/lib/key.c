/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/key.h"

#include "lib/percent.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

static uint64_t hash_seed[2];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

static void hash_init(void)
{
	/* Before the pool is ready this falls short; an unseeded hash is
	 * still a correct one. */
	if (getrandom(hash_seed, sizeof(hash_seed), GRND_NONBLOCK) < 0)
		hash_seed[0] = 0x9e3779b97f4a7c15ULL;
}

/* One step of a folded multiplication (the idea of wyhash and mum): the high
 * and the low half of the 128-bit product, mixed. */
static uint64_t hash_fold(uint64_t a, uint64_t b)
{
	__uint128_t p = (__uint128_t)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t hash_bytes(const char *data, size_t len)
{
	uint64_t h, word;
	size_t i = 0;

	pthread_once(&hash_once, hash_init);
	h = hash_seed[0] ^ len;
	for (; i + 8 <= len; i += 8) {
		memcpy(&word, data + i, 8);
		h = hash_fold(h ^ word, hash_seed[1] | 1);
	}
	if (i < len) {
		word = 0;
		memcpy(&word, data + i, len - i);
		h = hash_fold(h ^ word, hash_seed[1] | 1);
	}
	return hash_fold(h ^ 0xa0761d6478bd642fULL, 0xe7037ed1a0b428dbULL);
}

struct key key_of(const char *data, size_t len)
{
	return (struct key){ data, len, hash_bytes(data, len) };
}

struct key key_copy(struct key k, char *out)
{
	if (k.len)
		memcpy(out, k.data, k.len);
	k.data = out;
	return k;
}

bool key_equal(struct key a, struct key b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

int key_decode(struct key *out, const char *text, size_t n, bool plus,
               char *room)
{
	size_t len = 0;
	int err = percent_decode(text, n, plus, room, &len);

	*out = key_of(room, err ? 0 : len);
	return err;
}

size_t key_from_name(const char *name, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = percent_read(name + i, len - i);

		if (c >= 0)
			i += PERCENT_LEN - 1;
		out[n++] = c >= 0 ? (char)c : name[i];
	}
	return n;
}

size_t key_to_name(struct key k, char *out)
{
	bool dots = (k.len == 1 && k.data[0] == '.') ||
	            (k.len == 2 && memcmp(k.data, "..", 2) == 0);
	size_t n = 0;

	for (size_t i = 0; i < k.len; i++) {
		char c = k.data[i];

		if (c == '/' || c == '\0' || c == '%' || dots)
			n += percent_write(c, out + n);
		else
			out[n++] = c;
	}
	out[n] = '\0';
	return n;
}
