/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/options.h"

#include "getter/url/awskeys.h"
#include "lib/secret.h"

#include <string.h>

#define URL_OPTION(name, type, member, ...) \
	OPTION(name, &(type), struct url_options, member, __VA_ARGS__)

const struct option_def url_options[] = {
	REMOTE_PASSWORD_OPTION(struct url_options),
	URL_OPTION("header", option_headers, headers,
	           .example = "Accept-Language: en",
	           .about = "of each request"),
	URL_OPTION("header_file", option_path, header_file,
	           .example = "/etc/dreamfs/headers",
	           .about = "the same, for secrets"),
	URL_OPTION("token_file", option_path, token_file,
	           .example = "/etc/dreamfs/token",
	           .about = "for Authorization: Bearer"),
	URL_OPTION("sigv4", option_text, sigv4, .example = "eu-central-1",
	           .about = "sign for AWS: REGION[/SERVICE]"),
	URL_OPTION("credentials_file", option_path, credentials_file,
	           .example = "/etc/dreamfs/credentials",
	           .about = "the keys that sigv4 signs with"),
	URL_OPTION("profile", option_text, profile,
	           .about = "which of these keys sigv4 takes"),
	URL_OPTION("netrc", option_path, netrc, .example = "/etc/dreamfs/netrc",
	           .about = "users and passwords"),
	URL_OPTION("user_agent", option_text, user_agent, .example = "dreamfs",
	           .about = "who asks"),
	REMOTE_OPTIONS(struct url_options),
	URL_OPTION("proxy", option_url, proxy,
	           .example = "http://127.0.0.1:3128",
	           .about = "else the environment's, if any"),
	{ 0 },
};

static void warn_headers(const struct url_options *o, getter_say say, void *arg)
{
	for (size_t i = 0; i < o->headers.count; i++) {
		const char *header = o->headers.items[i];
		struct reason line;

		if (!header[secret_header_shown(header)])
			continue;
		reason_set(&line, 0,
		           "the secret of header '%.*s' in the configuration: "
		           "say header_file = FILE",
		           (int)strcspn(header, ":"), header);
		say(arg, line.text);
	}
}

void url_warn(const struct getter_spec *spec, getter_say say, void *arg)
{
	const struct url_options *o = spec->options;
	struct awskeys keys;
	struct reason why;

	remote_warn_password(spec, say, arg);
	warn_headers(o, say, arg);
	remote_warn_insecure(&o->remote, say, arg);
	if (!o->sigv4 || o->credentials_file)
		return;
	/* They may be there by the time they are needed, or in the environment
	 * of whoever mounts. */
	if (awskeys_read(&keys, NULL, o->profile, -1, &why) < 0)
		say(arg, why.text);
	awskeys_release(&keys);
}
