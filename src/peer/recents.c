/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/recents.h"

void recents_add(struct recents *r, struct key key, int64_t now)
{
	/* The oldest is still wanted: there are too many to tell apart. */
	if (r->until_ms[r->next] > now)
		recents_add_all(r, now);
	r->hash[r->next] = key.hash;
	r->until_ms[r->next] = now + RECENTS_MS;
	r->next = (r->next + 1) % RECENTS_MAX;
}

void recents_add_all(struct recents *r, int64_t now)
{
	r->all_until_ms = now + RECENTS_MS;
}

int64_t recents_age(const struct recents *r, struct key key, int64_t now)
{
	int64_t until = r->all_until_ms;

	for (unsigned int i = 0; i < RECENTS_MAX; i++)
		if (r->hash[i] == key.hash && r->until_ms[i] > until)
			until = r->until_ms[i];
	return now < until ? now - (until - RECENTS_MS) : RECENTS_NONE;
}
