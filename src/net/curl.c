/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/curl.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static CURLcode global_error;

static void global_init(void)
{
	global_error = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int curlbase_start(struct reason *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, global_init);
	return global_error
	               ? reason_set(why, -EINVAL, "cannot start libcurl: %s",
	                            curl_easy_strerror(global_error))
	               : 0;
}

/* ---- TLS ---- */

/* The file that the setting `name` says.  Refuses what is not a regular one:
 * opening a pipe would wait. */
static FILE *open_pem(const char *name, const char *path, struct reason *why)
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
	FILE *file = open_pem(name, path, why);
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
	(void)out, (void)size, (void)write;
	*(bool *)asked = true;
	return -1;
}

static EVP_PKEY *read_key(const char *name, const char *path,
                          struct reason *why)
{
	FILE *file = open_pem(name, path, why);
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

int curlbase_check_tls(const struct curlbase_tls *tls, struct reason *why)
{
	const char *key_name = tls->key_file ? "key_file" : "cert_file";
	const char *key_path = tls->key_file ? tls->key_file : tls->cert_file;
	X509 *ca = NULL, *cert = NULL;
	EVP_PKEY *key = NULL;
	int err = 0;
	bool read =
	        !tls->ca_file || (ca = read_cert("ca_file", tls->ca_file, why));

	if (read && tls->cert_file)
		read = (cert = read_cert("cert_file", tls->cert_file, why)) &&
		       (key = read_key(key_name, key_path, why));
	if (!read)
		err = -EINVAL;
	else if (!cert && tls->key_file)
		err = reason_set(why, -EINVAL, "key_file needs a cert_file");
	else if (cert && !X509_check_private_key(cert, key))
		err = reason_set(why, -EINVAL,
		                 "the key in '%.80s' is not that of "
		                 "cert_file '%.80s'",
		                 key_path, tls->cert_file);
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err;
}

CURLcode curlbase_set_tls(CURL *easy, const struct curlbase_tls *tls)
{
	CURLcode err = CURLE_OK;

	if (tls->ca_file) {
		CURLBASE_SET(err, easy, CURLOPT_CAINFO, tls->ca_file);
		CURLBASE_SET(err, easy, CURLOPT_CAPATH, NULL);
	}
	if (tls->cert_file)
		CURLBASE_SET(err, easy, CURLOPT_SSLCERT, tls->cert_file);
	if (tls->key_file)
		CURLBASE_SET(err, easy, CURLOPT_SSLKEY, tls->key_file);
	CURLBASE_SET(err, easy, CURLOPT_SSL_VERIFYPEER,
	             tls->insecure ? 0L : 1L);
	CURLBASE_SET(err, easy, CURLOPT_SSL_VERIFYHOST,
	             tls->insecure ? 0L : 2L);
	return err;
}

/* ---- what went wrong ---- */

const char *curlbase_explain(CURL *easy, CURLcode code, const char *error,
                             char out[CURL_ERROR_SIZE])
{
	const char *text = *error ? error : curl_easy_strerror(code);
	long sys = 0;

	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &sys);
	if (code == CURLE_COULDNT_CONNECT && sys)
		text = strerror((int)sys);
	snprintf(out, CURL_ERROR_SIZE, "%s", text);
	/* "Connection refused", but "SSL certificate problem". */
	if (islower((unsigned char)out[1]))
		*out = (char)tolower((unsigned char)*out);
	return out;
}
