/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each handle is a libcurl easy handle with a multi handle of its own: the
 * multi interface is there not to run transfers side by side but because its
 * poll also watches the descriptor that cancels.  New handles are copies of
 * a model that was set up once.
 */
#include "fetch.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS   10000
#define CONNECTIONS  4           /* kept by one handle: redirects */
#define BUFFER_BYTES 65536L      /* libcurl's receive buffer */
#define TRUST_BYTES  (64u << 20) /* of memory on a Content-Length's word */
#define DRAIN_BYTES \
	65536 /* of an error's body, to keep the
				    connection; beyond, it is closed */
#define REDIRECTS 10L

struct fetch_pool {
	CURL *model; /* under the lock */
	char *sigv4; /* owned; libcurl 7.88 forgets it when it copies */
	pthread_mutex_t lock;
	struct fetch *idle; /* under the lock; the last one given back first */
};

struct fetch {
	struct fetch_pool *pool;
	struct fetch *next; /* in pool->idle */
	CURL *easy;
	CURLM *multi;
	char error[CURL_ERROR_SIZE];
	/* Of the running request: */
	const struct fetch_request *request;
	struct fetch_reply *reply;
	bool http;
	size_t drained; /* bytes of an error's body that were read */
	int stopped;    /* the errno for which the body was refused */
};

static CURLcode global_error;

static void global_init(void)
{
	global_error = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool is_cancelled(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return fd >= 0 && poll(&p, 1, 0) > 0;
}

int fetch_pause(int cancel_fd, int64_t ms)
{
	struct pollfd p = { cancel_fd, POLLIN, 0 };
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	return ppoll(&p, 1, &time, NULL) > 0 ? -ECANCELED : 0;
}

char *fetch_label(const char *url, char out[FETCH_LABEL_MAX])
{
	const char *host = strstr(url, "://");
	size_t scheme = host ? (size_t)(host + 3 - url) : 0;
	size_t user, path;

	host = url + scheme;
	for (user = strcspn(host, "/?#"); user && host[user - 1] != '@';)
		user--;
	host += user;
	path = strcspn(host, "?#");
	snprintf(out, FETCH_LABEL_MAX, "%.*s%.*s", (int)scheme, url, (int)path,
	         host);
	return out;
}

bool fetch_has_scheme(const char *scheme)
{
	const char *const *have = curl_version_info(CURLVERSION_NOW)->protocols;

	for (; *have; have++)
		if (strcmp(*have, scheme) == 0)
			return true;
	return false;
}

/* The body of anything but a value: its beginning, for the message. */
static size_t keep_text(struct fetch *f, const char *data, size_t n)
{
	struct buf *body = &f->reply->body;
	size_t room = FETCH_TEXT_MAX - body->len;

	f->drained += n;
	if (buf_append(body, data, n < room ? n : room) < 0)
		f->stopped = -ENOMEM;
	/* Refusing the rest ends the transfer and closes the connection. */
	return f->stopped || f->drained > DRAIN_BYTES ? 0 : n;
}

/* Memory for a body whose length was announced, as far as one may believe
 * it: a length is only a claim. */
static int reserve_body(struct fetch *f)
{
	curl_off_t length = -1;
	size_t want;

	curl_easy_getinfo(f->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	if (length < 0)
		return 0;
	if ((uint64_t)length > f->request->max_body)
		return -EFBIG;
	want = (uint64_t)length < TRUST_BYTES ? (size_t)length : TRUST_BYTES;
	return buf_reserve(&f->reply->body, want);
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct fetch *f = ctx;
	struct buf *body = &f->reply->body;
	size_t n = size * count;
	long status = 0;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	if (is_cancelled(f->request->cancel_fd)) {
		f->stopped = -ECANCELED;
		return 0;
	}
	if (f->http && status != 200)
		return keep_text(f, data, n);
	if (body->len == 0) {
		body->max = f->request->max_body;
		f->stopped = reserve_body(f);
	}
	if (!f->stopped)
		f->stopped = buf_append(body, data, n);
	return f->stopped ? 0 : n;
}

/* The first error of many setopt calls wins. */
#define SET(err, easy, option, value) \
	do { \
		if (!(err)) \
			(err) = curl_easy_setopt(easy, option, value); \
	} while (0)

static CURLcode set_tls(CURL *easy, const struct fetch_config *c)
{
	CURLcode err = CURLE_OK;

	if (c->ca_file) {
		SET(err, easy, CURLOPT_CAINFO, c->ca_file);
		SET(err, easy, CURLOPT_CAPATH, NULL);
	}
	if (c->cert_file)
		SET(err, easy, CURLOPT_SSLCERT, c->cert_file);
	if (c->key_file) {
		SET(err, easy, CURLOPT_SSLKEY, c->key_file);
		if (fetch_has_scheme("sftp"))
			SET(err, easy, CURLOPT_SSH_PRIVATE_KEYFILE,
			    c->key_file);
	}
	SET(err, easy, CURLOPT_SSL_VERIFYPEER, c->insecure ? 0L : 1L);
	SET(err, easy, CURLOPT_SSL_VERIFYHOST, c->insecure ? 0L : 2L);
	return err;
}

/* libcurl trusts any SSH server unless it has a list of the known ones. */
static CURLcode set_known_hosts(CURL *easy, const struct fetch_config *c)
{
	const char *home = getenv("HOME");
	char path[4096];

	if (c->insecure || !fetch_has_scheme("sftp"))
		return CURLE_OK;
	snprintf(path, sizeof(path), "%s/.ssh/known_hosts", home ? home : "");
	return curl_easy_setopt(easy, CURLOPT_SSH_KNOWNHOSTS, path);
}

static CURLcode set_access(CURL *easy, const struct fetch_config *c)
{
	CURLcode err = set_tls(easy, c);

	if (!err)
		err = set_known_hosts(easy, c);
	if (c->netrc) {
		SET(err, easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
		SET(err, easy, CURLOPT_NETRC_FILE, c->netrc);
	}
	if (c->proxy)
		SET(err, easy, CURLOPT_PROXY, c->proxy);
	SET(err, easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
	SET(err, easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	return err;
}

static CURLcode set_model(CURL *easy, const struct fetch_config *c)
{
	int64_t connect =
	        c->connect_timeout_ms ? c->connect_timeout_ms : CONNECT_MS;
	CURLcode err = CURLE_OK;

	SET(err, easy, CURLOPT_NOSIGNAL, 1L);
	SET(err, easy, CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver */
	SET(err, easy, CURLOPT_PROTOCOLS_STR, c->protocols);
	SET(err, easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	SET(err, easy, CURLOPT_FOLLOWLOCATION, c->follow ? 1L : 0L);
	SET(err, easy, CURLOPT_MAXREDIRS, REDIRECTS);
	SET(err, easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(err, easy, CURLOPT_FTP_FILEMETHOD, (long)CURLFTPMETHOD_NOCWD);
	SET(err, easy, CURLOPT_FILETIME, 1L);
	SET(err, easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	SET(err, easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect);
	SET(err, easy, CURLOPT_USERAGENT,
	    c->user_agent ? c->user_agent : "dreamfs/" DREAMFS_VERSION);
	SET(err, easy, CURLOPT_WRITEFUNCTION, on_body);
	return err ? err : set_access(easy, c);
}

int fetch_pool_create(struct fetch_pool **out, const struct fetch_config *c,
                      struct reason *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct fetch_pool *pool;
	CURLcode err;

	*out = NULL;
	pthread_once(&once, global_init);
	if (global_error)
		return reason_set(why, -EINVAL, "cannot start libcurl: %s",
		                  curl_easy_strerror(global_error));
	pool = calloc(1, sizeof(*pool));
	if (!pool || !(pool->model = curl_easy_init())) {
		free(pool);
		return reason_set(why, -ENOMEM, "out of memory");
	}
	pthread_mutex_init(&pool->lock, NULL);
	err = set_model(pool->model, c);
	if (!err && c->sigv4 && !(pool->sigv4 = strdup(c->sigv4)))
		err = CURLE_OUT_OF_MEMORY;
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
	free(pool->sigv4);
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
	if (!f->easy || !f->multi ||
	    curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS,
	                      (long)CONNECTIONS)) {
		fetch_destroy(f);
		return NULL;
	}
	SET(err, f->easy, CURLOPT_ERRORBUFFER, f->error);
	SET(err, f->easy, CURLOPT_WRITEDATA, f);
	if (pool->sigv4)
		SET(err, f->easy, CURLOPT_AWS_SIGV4, pool->sigv4);
	if (err) {
		fetch_destroy(f);
		return NULL;
	}
	return f;
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

const char *fetch_header(struct fetch *f, const char *name, size_t index)
{
	struct curl_header *header;

	if (curl_easy_header(f->easy, name, index, CURLH_HEADER, -1, &header))
		return NULL;
	return header->value;
}

/* What libcurl's code means here: an errno, and whether it may pass. */
static int translate(CURLcode code, bool *transient)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		*transient = true;
		return -ETIMEDOUT;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		*transient = true;
		return -EIO;
	case CURLE_REMOTE_FILE_NOT_FOUND:
		return -ENOENT;
	case CURLE_REMOTE_ACCESS_DENIED:
	case CURLE_LOGIN_DENIED:
		return -EACCES;
	default:
		return -EIO;
	}
}

/* A failed transfer in words: the system's where it said something. */
static void explain(struct fetch *f, CURLcode code)
{
	char label[FETCH_LABEL_MAX];
	const char *text = *f->error ? f->error : curl_easy_strerror(code);
	long sys = 0;
	char first;

	curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &sys);
	if (code == CURLE_COULDNT_CONNECT && sys)
		text = strerror((int)sys);
	/* "Connection refused", but "SSL certificate problem". */
	first = islower((unsigned char)text[1])
	                ? (char)tolower((unsigned char)*text)
	                : *text;
	reason_set(&f->reply->why, 0, "%s: %c%s",
	           fetch_label(f->request->url, label), first, text + 1);
}

/* The end of a transfer that libcurl brought to its end. */
static int finish(struct fetch *f, CURLcode code)
{
	struct fetch_reply *reply = f->reply;
	char label[FETCH_LABEL_MAX];
	curl_off_t modified = -1;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &reply->status);
	curl_easy_getinfo(f->easy, CURLINFO_FILETIME_T, &modified);
	reply->modified_s = modified;
	if (f->stopped == -EFBIG)
		return reason_set(&reply->why, -EFBIG,
		                  "%s: larger than %zu bytes",
		                  fetch_label(f->request->url, label),
		                  f->request->max_body);
	if (f->stopped == -ECANCELED)
		return reason_set(&reply->why, -ECANCELED, "cancelled");
	if (f->stopped)
		return reason_set(&reply->why, -EIO, "out of memory");
	/* Enough of an error's body was read. */
	if (code == CURLE_WRITE_ERROR && f->drained > DRAIN_BYTES)
		code = CURLE_OK;
	if (code) {
		explain(f, code);
		return translate(code, &reply->transient);
	}
	if (!f->http)
		reply->status = 200;
	return 0;
}

static int drive(struct fetch *f)
{
	struct curl_waitfd cancel = { f->request->cancel_fd, CURL_WAIT_POLLIN,
		                      0 };
	unsigned int extra = f->request->cancel_fd >= 0;
	int running = 1, left;
	CURLMsg *message;

	for (;;) {
		if (curl_multi_perform(f->multi, &running) != CURLM_OK)
			return reason_set(&f->reply->why, -EIO,
			                  "out of memory");
		if (!running)
			break;
		if (is_cancelled(f->request->cancel_fd))
			return reason_set(&f->reply->why, -ECANCELED,
			                  "cancelled");
		curl_multi_poll(f->multi, &cancel, extra, 1000, NULL);
	}
	message = curl_multi_info_read(f->multi, &left);
	return finish(f, message ? message->data.result : CURLE_FAILED_INIT);
}

int fetch_run(struct fetch *f, const struct fetch_request *request,
              struct fetch_reply *reply)
{
	CURLcode code = CURLE_OK;
	int err;

	*reply = (struct fetch_reply){ .modified_s = -1 };
	buf_init(&reply->body, FETCH_TEXT_MAX);
	f->request = request;
	f->reply = reply;
	f->http = strncasecmp(request->url, "http", 4) == 0;
	f->drained = 0;
	f->stopped = 0;
	f->error[0] = '\0';
	SET(code, f->easy, CURLOPT_URL, request->url);
	SET(code, f->easy, CURLOPT_CUSTOMREQUEST, request->method);
	SET(code, f->easy, CURLOPT_HTTPHEADER, request->headers);
	SET(code, f->easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	if (code || curl_multi_add_handle(f->multi, f->easy))
		return reason_set(&reply->why, -EIO, "out of memory");
	err = drive(f);
	curl_multi_remove_handle(f->multi, f->easy);
	curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, NULL);
	return err;
}

void fetch_reply_release(struct fetch_reply *reply)
{
	buf_release(&reply->body);
}
