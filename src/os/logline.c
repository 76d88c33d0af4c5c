/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "os/logline.h"

#include "lib/json.h"
#include "lib/utf8.h"

#include <stdio.h>
#include <string.h>

#define TEXT_KEY_MAX 80 /* bytes of a key for people */

/* Bytes of each field in JSON, such that all of them fit. */
#define FIELD_MAX      16 /* a name with what is around it */
#define JSON_MSG_MAX   1024
#define JSON_GROUP_MAX 800
#define JSON_KEY_MAX   800
#define JSON_PEER_MAX  400
#define JSON_ERROR_MAX 700
#define JSON_REST      160 /* names, time, level, braces */
_Static_assert(JSON_MSG_MAX + JSON_GROUP_MAX + JSON_KEY_MAX + JSON_PEER_MAX +
                               JSON_ERROR_MAX + JSON_REST <=
                       LOG_LINE_MAX - 128,
               "the fields outgrew the line");

const char *const log_level_names[] = {
	[LOG_LVL_ERROR] = "error",
	[LOG_LVL_WARN] = "warn",
	[LOG_LVL_INFO] = "info",
	[LOG_LVL_DEBUG] = "debug",
	NULL,
};
const char *const log_format_names[] = {
	[LOG_TEXT] = "text",
	[LOG_JSON] = "json",
	NULL,
};

void logline_time(const struct timespec *time, char out[LOGLINE_TIME_MAX])
{
	struct tm tm;
	size_t n;

	gmtime_r(&time->tv_sec, &tm);
	n = strftime(out, LOGLINE_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, LOGLINE_TIME_MAX - n, ".%03dZ",
	         (int)(time->tv_nsec / 1000000));
}

/* ---- text ---- */

struct text {
	char *out;
	size_t used, size;
};

/* What fits, and at most `most` bytes of it without the half of a character;
 * fit to be seen. */
static void put_bytes(struct text *t, const char *bytes, size_t len,
                      size_t most)
{
	for (size_t i = 0, n; i < len; i += n) {
		const char *shown = bytes + i;
		uint32_t rune;
		size_t m;

		m = n = utf8_read(shown, len - i, &rune);
		if (n == 0) {
			shown = UTF8_REPLACEMENT;
			m = 3;
			n = 1;
		} else if (utf8_is_control(rune)) {
			shown = " ";
			m = 1;
		}
		if (i + n > most || t->used + m >= t->size)
			return;
		memcpy(t->out + t->used, shown, m);
		t->used += m;
	}
}

static void put(struct text *t, const char *text)
{
	size_t len = strlen(text);

	put_bytes(t, text, len, len);
}

static const struct log_about nothing;

size_t logline_text(const struct logline *line, char *out, size_t size)
{
	const struct log_about *a = line->about ? line->about : &nothing;
	struct text t = { out, 0, size };

	if (a->group) {
		put(&t, "group '");
		put(&t, a->group);
		put(&t, "': ");
	}
	if (a->key.data) {
		put(&t, "key '");
		put_bytes(&t, a->key.data, a->key.len, TEXT_KEY_MAX);
		put(&t, "': ");
	}
	if (a->peer) {
		put(&t, "peer '");
		put(&t, a->peer);
		put(&t, "' ");
	}
	put(&t, line->msg);
	if (a->error && *a->error) {
		put(&t, ": ");
		put(&t, a->error);
	}
	out[t.used] = '\0';
	return t.used;
}

/* ---- JSON ---- */

static size_t field(char *out, const char *name, const char *bytes, size_t len,
                    size_t max)
{
	int n = snprintf(out, FIELD_MAX, ",\"%s\":", name);

	return (size_t)n + json_quote(bytes, len, out + n, max);
}

size_t logline_json(const struct logline *line, char *out, size_t size)
{
	const struct log_about *a = line->about ? line->about : &nothing;
	char when[LOGLINE_TIME_MAX], msg[JSON_MSG_MAX];
	size_t n;

	logline_time(&line->time, when);
	/* Without the peer before it the message lacks its subject. */
	snprintf(msg, sizeof(msg), "%s%s", a->peer ? "peer " : "", line->msg);
	n = (size_t)snprintf(out, size, "{\"time\":\"%s\",\"level\":\"%s\"",
	                     when, log_level_names[line->level]);
	n += field(out + n, "msg", msg, strlen(msg), JSON_MSG_MAX);
	if (a->group)
		n += field(out + n, "group", a->group, strlen(a->group),
		           JSON_GROUP_MAX);
	if (a->key.data)
		n += field(out + n, "key", a->key.data, a->key.len,
		           JSON_KEY_MAX);
	if (a->peer)
		n += field(out + n, "peer", a->peer, strlen(a->peer),
		           JSON_PEER_MAX);
	if (a->error && *a->error)
		n += field(out + n, "error", a->error, strlen(a->error),
		           JSON_ERROR_MAX);
	out[n++] = '}';
	out[n] = '\0';
	return n;
}
