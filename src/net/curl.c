/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/curl.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

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
