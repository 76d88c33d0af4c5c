/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* The options of every getter that asks a server, and what is to be said
 * against some of them. */
#ifndef DREAMFS_GETTER_REMOTE_H
#define DREAMFS_GETTER_REMOTE_H

#include "getter/getter.h"
#include "lib/option/type.h"
#include "net/curl.h"

/* The member `remote` of the getter's own options. */
struct remote_options {
	char *password_file; /* read again for each connection or request */
	char *ca_file, *cert_file, *key_file;
	bool insecure; /* trust anybody */
	int64_t connect_timeout_ms;
	int retries; /* after the first attempt */
};

/* Lines of the getter's table, whose structure `type` has them as `remote`. */
#define REMOTE_PASSWORD_OPTION(type) \
	OPTION("password_file", &option_path, type, remote.password_file, \
	       .example = "/etc/dreamfs/password", \
	       .about = "of the URL's user")
#define REMOTE_OPTIONS(type) \
	OPTION("ca_file", &option_path, type, remote.ca_file, \
	       .example = "/etc/ssl/certs/ca-certificates.crt", \
	       .about = "who may vouch for the server"), \
	        OPTION("cert_file", &option_path, type, remote.cert_file, \
	               .example = "/etc/dreamfs/client.crt", \
	               .about = "who we are, to the server"), \
	        OPTION("key_file", &option_path, type, remote.key_file, \
	               .example = "/etc/dreamfs/client.key", \
	               .about = "the private key of cert_file"), \
	        OPTION("insecure", &option_flag, type, remote.insecure, \
	               .fallback = "no", \
	               .about = "yes: any certificate will do"), \
	        OPTION("connect_timeout", &option_wait, type, \
	               remote.connect_timeout_ms, .fallback = "10s", \
	               .about = "how long connecting may take"), \
	        OPTION("retries", OPTION_NUMBER(0, 100), type, remote.retries, \
	               .fallback = "2", .about = "after the first attempt")

/* They are borrowed. */
struct curlbase_tls remote_tls(const struct remote_options *o);

/* A password in the source, which is a URL; trusting anybody. */
void remote_warn_password(const struct getter_spec *spec, getter_say say,
                          void *arg);
void remote_warn_insecure(const struct remote_options *o, getter_say say,
                          void *arg);

#endif
