/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles and their pool.  Each handle is a libcurl easy handle with a multi
 * handle of its own: the multi interface is there not to run transfers side by
 * side but because its poll also watches the descriptor that cancels.  New
 * handles are copies of a model that was set up once.
 */
#include "net/fetch_priv.h"

#include <errno.h>
#include <stdlib.h>

#define CONNECT_MS   10000
#define CONNECTIONS  4      /* kept by one handle: redirects elsewhere */
#define BUFFER_BYTES 65536L /* libcurl's receive buffer */

/* Who we are to the other side, and whom we believe. */
static CURLcode set_trust(CURL *easy, const struct fetch_config *c)
{
	CURLcode err = curlbase_set_tls(easy, &c->tls);
	const char *home = getenv("HOME");
	char path[4096];

	if (c->netrc) {
		SET(err, easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		SET(err, easy, CURLOPT_NETRC_FILE, c->netrc);
	}
	if (!fetch_has_scheme("sftp"))
		return err;
	if (c->tls.key_file)
		SET(err, easy, CURLOPT_SSH_PRIVATE_KEYFILE, c->tls.key_file);
	/* libcurl trusts any SSH server unless it has a list of the known. */
	snprintf(path, sizeof(path), "%s/.ssh/known_hosts", home ? home : "");
	if (!c->tls.insecure)
		SET(err, easy, CURLOPT_SSH_KNOWNHOSTS, path);
	return err;
}

/* Whether libcurl has heard of a proxy for http URLs, though perhaps not for
 * all of them. */
static bool has_proxy(const struct fetch_config *c)
{
	static const char *const names[] = { "http_proxy", "all_proxy",
		                             "ALL_PROXY" };

	if (c->proxy)
		return *c->proxy;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *proxy = getenv(names[i]);

		if (proxy && *proxy)
			return true;
	}
	return false;
}

static CURLcode set_model(CURL *easy, const struct fetch_config *c)
{
	int64_t connect =
	        c->connect_timeout_ms ? c->connect_timeout_ms : CONNECT_MS;
	CURLcode err = CURLE_OK;

	SET(err, easy, CURLOPT_NOSIGNAL, 1L);
	SET(err, easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver */
	SET(err, easy, CURLOPT_PROTOCOLS_STR, c->protocols);
	SET(err, easy, CURLOPT_FOLLOWLOCATION, 0L);
	SET(err, easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(err, easy, CURLOPT_FTP_FILEMETHOD, (long)CURLFTPMETHOD_NOCWD);
	SET(err, easy, CURLOPT_FILETIME, 1L);
	SET(err, easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	SET(err, easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	SET(err, easy, CURLOPT_PATH_AS_IS, c->path_as_is ? 1L : 0L);
	SET(err, easy, CURLOPT_USERAGENT,
	    c->user_agent ? c->user_agent : "dreamfs/" DREAMFS_VERSION);
	SET(err, easy, CURLOPT_WRITEFUNCTION, fetch_on_body);
	SET(err, easy, CURLOPT_HEADERFUNCTION, fetch_on_header);
	SET(err, easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	if (c->proxy)
		SET(err, easy, CURLOPT_PROXY, c->proxy);
	return err ? err : set_trust(easy, c);
}

int fetch_pool_create(struct fetch_pool **out, const struct fetch_config *c,
                      struct reason *why)
{
	struct fetch_pool *pool;
	CURLcode err;

	*out = NULL;
	if (curlbase_start(why) < 0)
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (!pool || !(pool->model = curl_easy_init())) {
		free(pool);
		return reason_oom(why, -ENOMEM);
	}
	pthread_mutex_init(&pool->lock, NULL);
	pool->proxied = has_proxy(c);
	err = set_model(pool->model, c);
	if (err) {
		fetch_pool_destroy(pool);
		return reason_set(why, -EINVAL, "cannot set up libcurl: %s",
		                  curl_easy_strerror(err));
	}
	*out = pool;
	return 0;
}

static void fetch_destroy(struct fetch *f)
{
	curl_easy_cleanup(f->easy);
	curl_multi_cleanup(f->multi);
	free(f);
}

void fetch_pool_destroy(struct fetch_pool *pool)
{
	struct fetch *next;

	if (!pool)
		return;
	for (struct fetch *f = pool->idle; f; f = next) {
		next = f->next;
		fetch_destroy(f);
	}
	curl_easy_cleanup(pool->model);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static struct fetch *fetch_create(struct fetch_pool *pool)
{
	struct fetch *f = calloc(1, sizeof(*f));
	CURLcode err = CURLE_OK;

	if (!f)
		return NULL;
	f->pool = pool;
	pthread_mutex_lock(&pool->lock);
	f->easy = curl_easy_duphandle(pool->model);
	pthread_mutex_unlock(&pool->lock);
	f->multi = curl_multi_init();
	if (f->easy && f->multi &&
	    !curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS,
	                       (long)CONNECTIONS)) {
		SET(err, f->easy, CURLOPT_ERRORBUFFER, f->error);
		SET(err, f->easy, CURLOPT_WRITEDATA, f);
		SET(err, f->easy, CURLOPT_HEADERDATA, f);
		if (!err)
			return f;
	}
	fetch_destroy(f);
	return NULL;
}

struct fetch *fetch_begin(struct fetch_pool *pool)
{
	struct fetch *f;

	pthread_mutex_lock(&pool->lock);
	f = pool->idle;
	if (f)
		pool->idle = f->next;
	pthread_mutex_unlock(&pool->lock);
	return f ? f : fetch_create(pool);
}

void fetch_end(struct fetch *f)
{
	struct fetch_pool *pool = f->pool;

	pthread_mutex_lock(&pool->lock);
	f->next = pool->idle;
	pool->idle = f;
	pthread_mutex_unlock(&pool->lock);
}
