/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash that every node computes alike, on any machine and in any process
 * (the one in struct key is seeded and is not that).  For placement: changing
 * one bit of it moves every key of every running ring, so it never changes.
 *
 *   stable_hash(bytes) = stable_mix(FNV-1a-64(bytes))
 *
 * FNV-1a, 64 bits: start with 0xcbf29ce484222325; for each byte, xor it in,
 * then multiply by 0x100000001b3 (Fowler, Noll, Vo; isthe.com/chongo/tech/
 * comp/fnv).  Its high bits are weak for short keys; the finaliser, a
 * bijection, mends that:
 *
 *   z ^= z >> 30;  z *= 0xbf58476d1ce4e5b9;
 *   z ^= z >> 27;  z *= 0x94d049bb133111eb;
 *   z ^= z >> 31;
 *
 * (the output function of SplitMix64: Steele, Lea, Flood, "Fast splittable
 * pseudorandom number generators", 2014; constants: David Stafford, mix 13).
 *
 * stable_hash("")       = 0xf52a15e9a9b5e89b
 * stable_hash("a")      = 0x02c0bdbf481420f8
 * stable_hash("foobar") = 0x404da9e3b74078c2
 */
#ifndef DREAMFS_STABLEHASH_H
#define DREAMFS_STABLEHASH_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t stable_mix(uint64_t z)
{
	z ^= z >> 30;
	z *= UINT64_C(0xbf58476d1ce4e5b9);
	z ^= z >> 27;
	z *= UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint64_t stable_hash(const char *bytes, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++) {
		h ^= (unsigned char)bytes[i];
		h *= UINT64_C(0x100000001b3);
	}
	return stable_mix(h);
}

#endif
