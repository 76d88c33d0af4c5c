/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIZE_LIMIT  (UINT64_C(1) << 62)
#define DAY_MS      (UINT64_C(24) * 3600 * 1000)
#define SHARE_LIMIT 1000000

/* Nine decimals are kept, later ones ignored: a nanosecond of a second. */
#define FRACTION_DIGITS 9
#define FRACTION_ONE    UINT64_C(1000000000)

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "", 1 },
	{ "K", UINT64_C(1) << 10 },
	{ "M", UINT64_C(1) << 20 },
	{ "G", UINT64_C(1) << 30 },
	{ "T", UINT64_C(1) << 40 },
	{ NULL, 0 },
};

static const struct unit duration_units[] = {
	{ "ms", 1 },      { "s", 1000 },   { "m", 60000 },
	{ "h", 3600000 }, { "d", DAY_MS }, { NULL, 0 },
};

struct decimal {
	uint64_t whole;    /* UINT64_MAX: too large to tell */
	uint64_t fraction; /* in 1/FRACTION_ONE */
	bool point;        /* a fraction was written */
	bool nonzero;
};

/* Digits, and perhaps a point and more digits; returns what follows, NULL
 * when there is no number. */
static const char *decimal_read(const char *s, struct decimal *d)
{
	uint64_t place = FRACTION_ONE;
	char *end;

	*d = (struct decimal){ 0 };
	if (!isdigit((unsigned char)*s))
		return NULL;
	d->whole = strtoull(s, &end, 10);
	d->nonzero = d->whole != 0;
	if (*end != '.')
		return end;
	s = end + 1;
	if (!isdigit((unsigned char)*s))
		return NULL;
	d->point = true;
	for (; isdigit((unsigned char)*s); s++) {
		place /= 10;
		d->fraction += place * (uint64_t)(*s - '0');
		d->nonzero |= *s != '0';
	}
	return s;
}

/* The number times the unit, rounded down; but something must be left of what
 * is not zero, since zero has a meaning of its own everywhere. */
static int decimal_scale(const struct decimal *d, uint64_t factor,
                         uint64_t limit, uint64_t *out)
{
	unsigned __int128 n =
	        (unsigned __int128)d->whole * factor +
	        (unsigned __int128)d->fraction * factor / FRACTION_ONE;

	if (d->whole == UINT64_MAX || n > limit)
		return -ERANGE;
	if (n == 0 && d->nonzero)
		return -EINVAL;
	*out = (uint64_t)n;
	return 0;
}

int size_parse(const char *text, uint64_t *out)
{
	const struct unit *u = size_units + 1;
	struct decimal d;
	const char *s = decimal_read(text, &d);

	if (!s)
		return -EINVAL;
	if (!*s)
		return d.point ? -EINVAL
		               : decimal_scale(&d, 1, SIZE_LIMIT, out);
	while (u->name && toupper((unsigned char)*s) != *u->name)
		u++;
	if (!u->name)
		return -EINVAL;
	s++;
	if (*s && strcasecmp(s, "b") != 0 && strcasecmp(s, "ib") != 0)
		return -EINVAL;
	return decimal_scale(&d, u->factor, SIZE_LIMIT, out);
}

int duration_parse(const char *text, int64_t *out_ms)
{
	const struct unit *u = duration_units;
	struct decimal d;
	const char *s = decimal_read(text, &d);
	uint64_t ms;
	int err;

	if (!s)
		return -EINVAL;
	if (!*s && !d.nonzero && !d.point) {
		*out_ms = 0;
		return 0;
	}
	while (u->name && strcmp(s, u->name) != 0)
		u++;
	if (!u->name)
		return -EINVAL;
	err = decimal_scale(&d, u->factor, 10000 * DAY_MS, &ms);
	if (!err)
		*out_ms = (int64_t)ms;
	return err;
}

int share_parse(const char *text, double *out)
{
	struct decimal d;
	const char *s = decimal_read(text, &d);
	double share;

	if (!s || (*s && strcmp(s, "%") != 0))
		return -EINVAL;
	if (d.whole > SHARE_LIMIT)
		return -ERANGE;
	share = (double)d.whole + (double)d.fraction / (double)FRACTION_ONE;
	if (*s == '%')
		share /= 100;
	if (share > 1)
		return -ERANGE;
	*out = share;
	return 0;
}

int number_parse(const char *text, unsigned base, uint64_t max, uint64_t *out)
{
	uint64_t n;
	char *end;

	/* strtoull(3) takes blanks, a sign and "0x" as well. */
	if (!*text || text[strspn(text, "0123456789abcdefABCDEF")])
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, (int)base);
	if (*end)
		return -EINVAL;
	if (errno || n > max)
		return -ERANGE;
	*out = n;
	return 0;
}

/* Writes n/factor if it has at most nine decimals and is at least one. */
static bool unit_format(uint64_t n, const struct unit *u, char *out)
{
	unsigned __int128 rest = n % u->factor;
	int len;

	rest *= FRACTION_ONE;
	if (n < u->factor || rest % u->factor)
		return false;
	len = snprintf(out, UNITS_TEXT_MAX, "%" PRIu64 ".%0*" PRIu64,
	               n / u->factor, FRACTION_DIGITS,
	               (uint64_t)(rest / u->factor));
	while (out[len - 1] == '0')
		len--;
	len -= out[len - 1] == '.';
	snprintf(out + len, UNITS_TEXT_MAX - (size_t)len, "%s", u->name);
	return true;
}

/* Tries every unit; between equals the smaller unit wins: 36h, not 1.5d. */
static char *shortest_format(uint64_t n, const struct unit *u, char *out)
{
	char text[UNITS_TEXT_MAX];

	memcpy(out, "0", 2);
	for (bool found = false; u->name; u++) {
		if (!unit_format(n, u, text))
			continue;
		if (!found || strlen(text) < strlen(out))
			memcpy(out, text, sizeof(text));
		found = true;
	}
	return out;
}

char *size_format(uint64_t bytes, char *out)
{
	return shortest_format(bytes, size_units, out);
}

char *duration_format(int64_t ms, char *out)
{
	return shortest_format((uint64_t)ms, duration_units, out);
}

char *figure_format(double n, double kilo, bool fraction, char *out)
{
	static const char units[] = " KMGTPEZY";
	size_t unit = 0;

	while (n >= 999.5 && units[unit + 1]) {
		n /= kilo;
		unit++;
	}
	fraction = (fraction || unit) && n < 9.95 && n > 0;
	snprintf(out, UNITS_TEXT_MAX, "%.*f%.*s", fraction ? 1 : 0, n,
	         unit ? 1 : 0, &units[unit]);
	return out;
}
