/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: RFC 3629. */
#ifndef DREAMFS_UTF8_H
#define DREAMFS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many of the bytes at `s`, at least one, are its first character, which
 * is then in *rune; 0: it is not UTF-8 (cut short, overlong, a surrogate, above
 * U+10FFFF). */
size_t utf8_read(const char *s, size_t left, uint32_t *rune);

/* Is it a control character: C0, DEL or C1? */
static inline bool utf8_is_control(uint32_t rune)
{
	return rune < ' ' || (rune >= 0x7f && rune < 0xa0);
}

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

#endif
