/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a value looks like at the front door: raw.c, its bytes with headers that
 * say what is known about them; json.c, {"KEY":"VALUE"}.
 */
#ifndef DREAMFS_FORM_H
#define DREAMFS_FORM_H

#include "serve/ask.h"

extern const struct ask_ops form_raw, form_json;

#endif
