/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tlsfile.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Refuses what is not a regular file: opening a pipe would wait. */
static FILE *open_one(const char *name, const char *path, struct reason *why)
{
	struct stat st;
	FILE *file = NULL;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		reason_set(why, 0, "%s '%.160s' is not a regular file", name,
		           path);
	else if (!(file = fopen(path, "re")))
		reason_set(why, 0, "cannot read %s '%.160s': %s", name, path,
		           strerror(errno));
	return file;
}

static X509 *read_cert(const char *name, const char *path, struct reason *why)
{
	FILE *file = open_one(name, path, why);
	X509 *cert;

	if (!file)
		return NULL;
	cert = PEM_read_X509_AUX(file, NULL, NULL, NULL);
	fclose(file);
	if (!cert)
		reason_set(why, 0, "%s '%.160s' holds no certificate (PEM)",
		           name, path);
	return cert;
}

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *out, int size, int write, void *asked)
{
	(void)out;
	(void)size;
	(void)write;
	*(bool *)asked = true;
	return -1;
}

static EVP_PKEY *read_key(const char *name, const char *path,
                          struct reason *why)
{
	FILE *file = open_one(name, path, why);
	bool asked = false;
	EVP_PKEY *key;

	if (!file)
		return NULL;
	key = PEM_read_PrivateKey(file, NULL, no_passphrase, &asked);
	fclose(file);
	if (asked)
		reason_set(why, 0,
		           "the key in %s '%.160s' has a passphrase: write it "
		           "without one (openssl pkey -in … -out …)",
		           name, path);
	else if (!key)
		reason_set(why, 0, "%s '%.160s' holds no private key (PEM)",
		           name, path);
	return key;
}

static int check_ca(const char *path, struct reason *why)
{
	X509 *cert = read_cert("ca_file", path, why);

	X509_free(cert);
	return cert ? 0 : -EINVAL;
}

static int check_pair(const char *cert_path, const char *key_path,
                      struct reason *why)
{
	X509 *cert = read_cert("cert_file", cert_path, why);
	EVP_PKEY *key = NULL;
	int err = -EINVAL;

	if (cert)
		key = key_path ? read_key("key_file", key_path, why)
		               : read_key("cert_file", cert_path, why);
	if (key && X509_check_private_key(cert, key))
		err = 0;
	else if (key)
		reason_set(
		        why, 0,
		        "the key in '%.80s' is not that of cert_file '%.80s'",
		        key_path ? key_path : cert_path, cert_path);
	X509_free(cert);
	EVP_PKEY_free(key);
	return err;
}

int tlsfile_check(const char *ca, const char *cert, const char *key,
                  struct reason *why)
{
	int err = ca ? check_ca(ca, why) : 0;

	if (!err && cert)
		err = check_pair(cert, key, why);
	else if (!err && key)
		err = reason_set(why, -EINVAL, "key_file needs a cert_file");
	ERR_clear_error();
	return err;
}
