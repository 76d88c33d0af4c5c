/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/freshness.h"

#include "net/date.h"

#include <string.h>

#define LONGEST_S   INT64_C(31536000) /* a year */
#define HEURISTIC_S INT64_C(86400)    /* nobody promised: at most a day */
#define UNSAID      INT64_C(-1)

struct directives {
	bool none;                 /* not to be served without asking */
	bool revalidate;           /* not when it is stale */
	int64_t max_age, s_maxage; /* seconds, or UNSAID */
};

/* delta-seconds, perhaps quoted.  Too large is "long", and what is not a
 * number is 0 (RFC 9111 sections 1.2.2 and 4.2.1). */
static int64_t seconds_parse(const char *text, size_t len)
{
	int64_t s = 0;

	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		if (s < LONGEST_S)
			s = s * 10 + (text[i] - '0');
	}
	return s < LONGEST_S ? s : LONGEST_S;
}

/* The length of one directive: up to a comma that is not in quotes. */
static size_t directive_length(const char *at)
{
	bool quoted = false;
	size_t n = 0;

	for (; at[n] && (quoted || at[n] != ','); n++) {
		if (at[n] == '"')
			quoted = !quoted;
		else if (quoted && at[n] == '\\' && at[n + 1])
			n++;
	}
	return n;
}

static bool is_named(const char *at, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(at, name, len) == 0;
}

static void directive_read(struct directives *d, const char *at, size_t len)
{
	const char *equals = memchr(at, '=', len);
	size_t name = equals ? (size_t)(equals - at) : len;
	int64_t s, *age = NULL;

	/* no-cache="Field" and private="Field" speak of fields only, but
	 * treating them as plain errs on the safe side. */
	if (is_named(at, name, "no-store") || is_named(at, name, "no-cache") ||
	    is_named(at, name, "private"))
		d->none = true;
	else if (is_named(at, name, "must-revalidate") ||
	         is_named(at, name, "proxy-revalidate"))
		d->revalidate = true;
	else if (is_named(at, name, "max-age"))
		age = &d->max_age;
	else if (is_named(at, name, "s-maxage"))
		age = &d->s_maxage;
	if (!age)
		return;
	s = equals ? seconds_parse(equals + 1, len - name - 1) : 0;
	/* The smaller one wins if it is given twice. */
	if (*age == UNSAID || s < *age)
		*age = s;
}

static struct directives directives_parse(const char *text)
{
	struct directives d = { false, false, UNSAID, UNSAID };

	while (text && *text) {
		size_t len, whole;

		text += strspn(text, ", \t");
		whole = len = directive_length(text);
		while (len && strchr(" \t", text[len - 1]))
			len--;
		directive_read(&d, text, len);
		text += whole;
	}
	return d;
}

static int64_t lifetime(const struct freshness *f, int64_t date)
{
	struct directives d = directives_parse(f->cache_control);
	int64_t modified, s;

	if (d.none)
		return 0;
	if (d.s_maxage != UNSAID)
		return d.s_maxage;
	if (d.max_age != UNSAID)
		return d.max_age;
	if (f->expires) {
		s = http_date_parse(f->expires) - date;
		return s < 0 ? 0 : s;
	}
	/* A tenth of how long it has not changed: RFC 9111 section 4.2.2. */
	modified = http_date_parse(f->last_modified);
	if (modified < 0 || modified >= date)
		return 0;
	s = (date - modified) / 10;
	return s < HEURISTIC_S ? s : HEURISTIC_S;
}

int64_t freshness_ms(const struct freshness *f, int64_t now)
{
	int64_t date = http_date_parse(f->date);
	int64_t s = lifetime(f, date < 0 ? now : date);

	if (s > LONGEST_S)
		s = LONGEST_S;
	/* What it spent in the caches before us.  Clocks differ too much to
	 * compare our own with its Date. */
	if (f->age)
		s -= seconds_parse(f->age, strlen(f->age));
	return s > 0 ? s * 1000 : 0;
}

bool freshness_must_revalidate(const struct freshness *f)
{
	struct directives d = directives_parse(f->cache_control);

	return d.none || d.revalidate || d.s_maxage != UNSAID;
}
