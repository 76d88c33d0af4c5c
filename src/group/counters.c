/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "group/counters.h"

const char *const counter_names[COUNTER_COUNT] = {
#define X(name) #name,
	COUNTERS(X)
#undef X
};
