/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of a URL. */
#ifndef DREAMFS_URL_OPTIONS_H
#define DREAMFS_URL_OPTIONS_H

#include "getter/remote.h"

struct url_options {
	struct remote_options remote;
	struct option_list headers; /* "Name: value" */
	char *header_file;          /* the same, one a line; '#' begins a
				       comment; checked at creation and read
				       again for each load, so that a token
				       can be renewed */
	char *token_file; /* "Authorization: Bearer", what the file says; both
			     as auth.h says */
	char *sigv4;      /* REGION or REGION/SERVICE, as auth.h says */
	char *credentials_file, *profile; /* as awskeys.h says */
	char *netrc;                      /* a netrc file's path */
	char *user_agent;
	char *proxy;
};

extern const struct option_def url_options[];

/* What works and is unwise; see getter.h. */
void url_warn(const struct getter_spec *spec, getter_say say, void *arg);

#endif
