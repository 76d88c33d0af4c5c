/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/range.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define UNIT "bytes="

/* Takes digits from *at, at least one; what is too large is SIZE_MAX. */
static bool take_number(const char **at, size_t *out)
{
	const char *from = *at;
	size_t n = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		size_t digit = (size_t)(**at - '0');

		n = n > (SIZE_MAX - digit) / 10 ? SIZE_MAX : n * 10 + digit;
	}
	*out = n;
	return *at > from;
}

static void skip_blanks(const char **at)
{
	*at += strspn(*at, " \t");
}

struct range range_parse(const char *header, size_t size)
{
	const struct range whole = { RANGE_WHOLE, 0, size };
	struct range part = { RANGE_PART, 0, 0 };
	bool has_first, has_last;
	size_t first, last;

	if (!header || size == 0 ||
	    strncasecmp(header, UNIT, sizeof(UNIT) - 1) != 0)
		return whole;
	header += sizeof(UNIT) - 1;
	skip_blanks(&header);
	has_first = take_number(&header, &first);
	if (*header++ != '-')
		return whole;
	has_last = take_number(&header, &last);
	skip_blanks(&header);
	if (*header || (!has_first && !has_last) ||
	    (has_first && has_last && first > last))
		return whole;
	if (!has_first) { /* the last so many */
		first = last < size ? size - last : 0;
		has_last = false;
		if (last == 0)
			first = size;
	}
	if (first >= size)
		part.kind = RANGE_BEYOND;
	part.from = first < size ? first : size;
	part.len =
	        has_last && last < size ? last - first + 1 : size - part.from;
	return part;
}
