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

static int listen_read(void *field, const struct confarg *arg,
                       struct reason *why)
{
	const char *colon = port_find(arg->values[0]);
	uint64_t port;

	if (!colon || number_parse(colon + 1, 10, UINT16_MAX, &port) != 0)
		return reason_set(why, -EINVAL,
		                  "'%.80s' is not HOST:PORT, [IPV6]:PORT or "
		                  ":PORT",
		                  arg->values[0]);
	return conftype_text.parse(field, arg, why);
}

static int peers_read(void *field, const struct confarg *arg,
                      struct reason *why)
{
	struct conf_node *node = container_of(field, struct conf_node, peers);

	return conftype_strings_copy(&node->peers, &node->peer_count, arg, why);
}

static void peers_print(const void *field, FILE *out)
{
	const struct conf_node *node =
	        container_of(field, struct conf_node, peers);

	conftype_strings_print(node->peers, node->peer_count, out);
}

static bool pointer_said(const void *field)
{
	const void *const *pointer = field;

	return *pointer != NULL;
}

/* ---- words ---- */

static int protocol_read(void *field, const struct confarg *arg,
                         struct reason *why)
{
	const struct dialect **out = field;
	const char *known[WORDS_MAX + 1];
	size_t n = 0;

	*out = dialect_find(arg->values[0]);
	if (*out)
		return 0;
	for (; n < WORDS_MAX && dialect_table[n]; n++)
		known[n] = dialect_table[n]->name;
	known[n] = NULL;
	return conftype_word_refuse(arg->values[0], known, why);
}

static void protocol_print(const void *field, FILE *out)
{
	const struct dialect *const *protocol = field;

	fputs((*protocol)->name, out);
}

static int codec_read(void *field, const struct confarg *arg,
                      struct reason *why)
{
	const struct codec_ops **out = field;
	const char *known[WORDS_MAX + 1];
	size_t n = 0;

	*out = codec_find(arg->values[0]);
	if (*out)
		return 0;
	for (; n < WORDS_MAX && codec_table[n]; n++)
		known[n] = codec_table[n]->name;
	known[n] = NULL;
	return conftype_word_refuse(arg->values[0], known, why);
}

static void codec_print(const void *field, FILE *out)
{
	const struct codec_ops *const *codec = field;

	fputs((*codec)->name, out);
}

static int placement_read(void *field, const struct confarg *arg,
                          struct reason *why)
{
	const struct placement_ops **out = field;
	const char *known[WORDS_MAX + 1];
	size_t n = 0;

	*out = placement_find(arg->values[0]);
	if (*out)
		return 0;
	for (; n < WORDS_MAX && placement_table[n]; n++)
		known[n] = placement_table[n]->name;
	known[n] = NULL;
	return conftype_word_refuse(arg->values[0], known, why);
}

static void placement_print(const void *field, FILE *out)
{
	const struct placement_ops *const *placement = field;

	fputs((*placement)->name, out);
}

const struct conftype conftype_listen = {
	.parse = listen_read,
	.print = conftype_string_print,
	.said = pointer_said,
};
const struct conftype conftype_peers = {
	.list = true,
	.parse = peers_read,
	.print = peers_print,
	.said = pointer_said,
};
const struct conftype conftype_protocol = {
	.parse = protocol_read,
	.print = protocol_print,
};
const struct conftype conftype_codec = {
	.parse = codec_read,
	.print = codec_print,
};
const struct conftype conftype_placement = {
	.parse = placement_read,
	.print = placement_print,
};
