/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* {"KEY":"VALUE"} */
#include "lib/json.h"
#include "serve/reply.h"

#define LONG_VALUE  65536 /* bytes; some 0.1 ms */
#define PUNCTUATION 3     /* {:} */

static bool json_is_long(const struct ask *a)
{
	return a->value->size > LONG_VALUE;
}

static void json_make(struct ask *a)
{
	const struct value *v = a->value;
	struct buf *json = &a->made;

	buf_init(json, JSON_QUOTED_MAX(a->key.len) + JSON_QUOTED_MAX(v->size) +
	                       PUNCTUATION);
	if (buf_puts(json, "{") < 0 ||
	    json_string(json, a->key.data, a->key.len) < 0 ||
	    buf_puts(json, ":") < 0 ||
	    json_string(json, v->bytes, v->size) < 0 || buf_puts(json, "}") < 0)
		buf_release(json);
}

static void json_reply(struct ask *a)
{
	if (!a->made.len)
		json_make(a);
	value_unref(a->value);
	if (a->made.len)
		reply_made(&a->http, "application/json", &a->made);
	else
		reply_error(&a->http, 503, "no memory");
}

const struct ask_ops form_json = {
	.is_long = json_is_long,
	.make = json_make,
	.reply = json_reply,
	.fail = reply_failed,
};
