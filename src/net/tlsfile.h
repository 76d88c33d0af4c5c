/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of TLS, looked at before libcurl needs them: it reads them with
 * each connection and then only says that something is wrong with one.
 */
#ifndef DREAMFS_TLSFILE_H
#define DREAMFS_TLSFILE_H

#include "lib/reason.h"

/*
 * Each in PEM, NULL: not said.  `ca` holds certificates; `cert` one, perhaps
 * with those that lead to its issuer behind it; `key` its private key without
 * a passphrase, by default in the file of the certificate.  That a certificate
 * has expired is no error: it may be replaced.  0; -EINVAL with the reason,
 * which names the setting and the file.
 */
int tlsfile_check(const char *ca, const char *cert, const char *key,
                  struct reason *why);

#endif
