/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration values about other nodes: addresses, and the words of the
 * tables that say how peers speak and who owns what.
 */
#include "conf/conf.h"
#include "conf/type.h"
#include "lib/list.h"
#include "lib/units.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* More than a message has room for. */
#define WORDS_MAX 32

/* ---- addresses ---- */

/* Where the ":PORT" of HOST:PORT, [IPV6]:PORT or :PORT is, or NULL. */
static const char *port_find(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t host = colon ? (size_t)(colon - text) : 0;

	if (!colon)
		return NULL;
	if (*text == '[')
		return host > 2 && colon[-1] == ']' &&
		                       strspn(text + 1, "0123456789abcdefABCDEF"
		                                        ":.") == host - 2
		               ? colon
		               : NULL;
	for (const char *c = text; c < colon; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			return NULL;
	return colon;
}

static int listen_read(const struct option_type *type, void *field,
                       const struct option_words *words, struct reason *why)
{
	const char *colon = port_find(words->values[0]);
	uint64_t port;

	if (!colon || number_parse(colon + 1, 10, UINT16_MAX, &port) != 0)
		return reason_set(why, -EINVAL,
		                  "'%.80s' is not HOST:PORT, [IPV6]:PORT or "
		                  ":PORT",
		                  words->values[0]);
	return option_text_parse(type, field, words, why);
}

/* ---- words ---- */

static int protocol_read(const struct option_type *type, void *field,
                         const struct option_words *words, struct reason *why)
{
	const struct dialect **out = field;
	const char *known[WORDS_MAX + 1];
	size_t n = 0;

	(void)type;
	*out = dialect_find(words->values[0]);
	if (*out)
		return 0;
	for (; n < WORDS_MAX && dialect_table[n]; n++)
		known[n] = dialect_table[n]->name;
	known[n] = NULL;
	return conftype_word_refuse(words->values[0], known, why);
}

static void protocol_print(const struct option_type *type, const void *field,
                           FILE *out)
{
	const struct dialect *const *protocol = field;

	(void)type;
	fputs((*protocol)->name, out);
}

static int codec_read(const struct option_type *type, void *field,
                      const struct option_words *words, struct reason *why)
{
	const struct codec_ops **out = field;
	const char *known[WORDS_MAX + 1];
	size_t n = 0;

	(void)type;
	*out = codec_find(words->values[0]);
	if (*out)
		return 0;
	for (; n < WORDS_MAX && codec_table[n]; n++)
		known[n] = codec_table[n]->name;
	known[n] = NULL;
	return conftype_word_refuse(words->values[0], known, why);
}

static void codec_print(const struct option_type *type, const void *field,
                        FILE *out)
{
	const struct codec_ops *const *codec = field;

	(void)type;
	fputs((*codec)->name, out);
}

static int placement_read(const struct option_type *type, void *field,
                          const struct option_words *words, struct reason *why)
{
	const struct placement_ops **out = field;
	const char *known[WORDS_MAX + 1];
	size_t n = 0;

	(void)type;
	*out = placement_find(words->values[0]);
	if (*out)
		return 0;
	for (; n < WORDS_MAX && placement_table[n]; n++)
		known[n] = placement_table[n]->name;
	known[n] = NULL;
	return conftype_word_refuse(words->values[0], known, why);
}

static void placement_print(const struct option_type *type, const void *field,
                            FILE *out)
{
	const struct placement_ops *const *placement = field;

	(void)type;
	fputs((*placement)->name, out);
}

const struct option_type conftype_listen = {
	.size = sizeof(char *),
	.parse = listen_read,
	.print = option_text_print,
	.said = option_text_said,
	.release = option_text_release,
};
const struct option_type conftype_protocol = {
	.size = sizeof(void *),
	.parse = protocol_read,
	.print = protocol_print,
};
const struct option_type conftype_codec = {
	.size = sizeof(void *),
	.parse = codec_read,
	.print = codec_print,
};
const struct option_type conftype_placement = {
	.size = sizeof(void *),
	.parse = placement_read,
	.print = placement_print,
};
