/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/health.h"

void health_init(struct health *h, int64_t now)
{
	*h = (struct health){ .up = true, .oks_needed = 1, .since_ms = now };
}

bool health_note(struct health *h, enum health_event event, bool heartbeat,
                 int64_t now)
{
	if (event == HEALTH_OK) {
		h->failures = 0;
		if (h->up || !heartbeat || ++h->oks < h->oks_needed)
			return false;
		h->up = true;
		h->since_ms = now;
		return true;
	}
	h->oks = 0;
	if (!h->up ||
	    (event == HEALTH_FAILED && ++h->failures < HEALTH_FAILURES))
		return false;
	h->failures = 0;
	if (now - h->since_ms > HEALTH_CALM_MS)
		h->oks_needed = 1;
	else if (h->oks_needed < HEALTH_OKS_MAX)
		h->oks_needed *= 2;
	h->up = false;
	h->since_ms = now;
	return true;
}
