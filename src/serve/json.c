/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* {"KEY":"VALUE"}, and {"error":"REASON"}. */
#include "serve/api_priv.h"

#include "lib/json.h"

#include <stdlib.h>
#include <string.h>

#define LONG_VALUE  65536 /* bytes; some 0.1 ms */
#define ERROR_MAX   4096
#define SPELLED     6 /* a byte's longest spelling: \uXXXX */
#define PUNCTUATION 7 /* {"":""} */

void api_reply_error(struct http_request *r, int status, const char *text)
{
	struct buf json;

	buf_init(&json, ERROR_MAX);
	if (buf_puts(&json, "{\"error\":") == 0 &&
	    json_string(&json, text, strlen(text)) == 0)
		buf_puts(&json, "}");
	http_reply(r, &(struct http_reply){
	                      .status = status,
	                      .content_type = "application/json",
	                      .headers = { { "Cache-Control", "no-store" },
	                                   { "X-Content-Type-Options",
	                                     "nosniff" } },
	                      .head = json.data,
	                      .head_len = json.len,
	              });
	buf_release(&json);
}

static bool json_is_long(const struct api_request *p)
{
	return p->value->size > LONG_VALUE;
}

static void json_make(struct api_request *p)
{
	const struct value *v = p->value;
	struct buf json;

	buf_init(&json, (p->key.len + v->size) * SPELLED + PUNCTUATION);
	if (buf_puts(&json, "{") == 0 &&
	    json_string(&json, p->key.data, p->key.len) == 0 &&
	    buf_puts(&json, ":") == 0 &&
	    json_string(&json, v->bytes, v->size) == 0 &&
	    buf_puts(&json, "}") == 0)
		p->made = buf_steal(&json, &p->made_len);
	buf_release(&json);
}

static void json_reply(struct api_request *p)
{
	struct buf json;

	if (!p->made)
		json_make(p);
	value_unref(p->value);
	if (!p->made) {
		api_reply_error(&p->http, 503, "no memory");
		return;
	}
	buf_init(&json, p->made_len);
	json.data = p->made;
	json.len = p->made_len;
	p->made = NULL;
	api_reply_made(&p->http, "application/json", &json);
}

const struct api_form api_json = {
	.is_long = json_is_long,
	.make = json_make,
	.reply = json_reply,
};
