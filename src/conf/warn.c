/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"
#include "getter/url/awskeys.h"
#include "lib/secret.h"

#include <string.h>

static void warn_url(const struct conf_group *g, struct reason *line)
{
	const char *getter = g->getter.ops->name;

	if (strcmp(getter, "command") != 0 && secret_is_in(g->getter.source))
		reason_set(line, 0,
		           "group '%.80s': a password in the %s: say "
		           "password_file = FILE",
		           g->name, getter);
}

static void warn_headers(const struct conf_group *g, struct reason *line)
{
	for (size_t i = 0; i < g->getter.header_count; i++) {
		const char *header = g->getter.headers[i];

		if (header[secret_header_shown(header)])
			reason_set(line, 0,
			           "group '%.80s': the secret of header '%.*s' "
			           "in the configuration: say header_file = "
			           "FILE",
			           g->name, (int)strcspn(header, ":"), header);
	}
}

static void warn_insecure(const struct conf_group *g, struct reason *line)
{
	if (g->getter.insecure)
		reason_set(line, 0,
		           "group '%.80s': insecure = yes: it believes "
		           "whoever answers: say ca_file = FILE",
		           g->name);
}

/* They may be there by the time they are needed, or in the environment of
 * whoever mounts. */
static void warn_keys(const struct conf_group *g, struct reason *line)
{
	struct reason why = { "" };
	struct awskeys keys;

	if (!g->getter.sigv4 || g->getter.credentials_file)
		return;
	if (awskeys_read(&keys, NULL, g->getter.profile, -1, &why) < 0)
		reason_set(line, 0, "group '%.80s': %s", g->name, why.text);
	awskeys_release(&keys);
}

void conf_warn(const struct conf *c, void (*say)(const char *line))
{
	static void (*const all[])(const struct conf_group *,
	                           struct reason *) = {
		warn_url,
		warn_headers,
		warn_insecure,
		warn_keys,
	};

	for (size_t i = 0; i < c->group_count; i++)
		for (size_t j = 0; j < sizeof(all) / sizeof(all[0]); j++) {
			struct reason line = { "" };

			all[j](&c->groups[i], &line);
			if (*line.text)
				say(line.text);
		}
}
