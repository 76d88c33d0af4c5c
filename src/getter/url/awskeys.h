/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys that requests to AWS are signed with, from where its tools look
 * for them: the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
 * AWS_SESSION_TOKEN), then the shared credentials file:
 *
 *     [default]
 *     aws_access_key_id = …
 *     aws_secret_access_key = …
 *     aws_session_token = …        for temporary keys
 *
 * Lines that begin with '#' or ';' are comments, as is what follows one of
 * these behind white space; indented lines and other names are settings of
 * other tools.  Source: "Configuration and credential file settings",
 * docs.aws.amazon.com.
 */
#ifndef DREAMFS_AWSKEYS_H
#define DREAMFS_AWSKEYS_H

#include "lib/reason.h"

#include <stddef.h>

#define AWSKEYS_FILE_MAX ((size_t)1 << 20)
#define AWSKEYS_MAX      4096 /* bytes of one value; tokens have about 1000 */

struct awskeys {
	char access[AWSKEYS_MAX];
	char secret[AWSKEYS_MAX];
	char token[AWSKEYS_MAX]; /* "": the keys are not temporary */
};

/*
 * Reads them, anew each time, so that keys which were replaced are noticed.
 *
 * `file` NULL: from the environment, or the file it names with
 * AWS_SHARED_CREDENTIALS_FILE, or ~/.aws/credentials.  `profile` NULL:
 * AWS_PROFILE or "default"; a profile means a file, whatever keys are in the
 * environment.
 *
 * 0; or a negative errno with the reason, which tells no key.
 */
int awskeys_read(struct awskeys *keys, const char *file, const char *profile,
                 int cancel_fd, struct reason *why);

/* A file's text, of which `path` is only for messages: 0 or -EINVAL. */
int awskeys_parse(struct awskeys *keys, const char *text, size_t len,
                  const char *profile, const char *path, struct reason *why);

/* Wipes them. */
void awskeys_release(struct awskeys *keys);

#endif
