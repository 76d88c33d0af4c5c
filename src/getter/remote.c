/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/remote.h"

#include "lib/secret.h"

struct curlbase_tls remote_tls(const struct remote_options *o)
{
	return (struct curlbase_tls){ o->ca_file, o->cert_file, o->key_file,
		                      o->insecure };
}

void remote_warn_password(const struct getter_spec *spec, getter_say say,
                          void *arg)
{
	struct reason line;

	if (!secret_is_in(spec->source))
		return;
	reason_set(&line, 0, "a password in the %s: say password_file = FILE",
	           spec->ops->source.name);
	say(arg, line.text);
}

void remote_warn_insecure(const struct remote_options *o, getter_say say,
                          void *arg)
{
	if (o->insecure)
		say(arg, "insecure = yes: it believes whoever answers: say "
		         "ca_file = FILE");
}
