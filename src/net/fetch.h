/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers through libcurl.
 *
 * A pool stands for one place (an origin, a peer) and how to talk to it.  A
 * thread takes a handle from it, which is then its own, runs any number of
 * requests on it and gives it back; a handle keeps its connections open
 * between requests.  The handle given back last is taken first, so at low
 * load a few warm connections do all the work.  The pool makes as many
 * handles as are in use at once.
 *
 * No header asks for compression, HTTP is 1.1, bodies are limited and
 * counted while they arrive, and a body shorter than was announced is a
 * failure.  A redirect is an answer like others: whoever asked decides where
 * to go and what to say there.
 */
#ifndef DREAMFS_FETCH_H
#define DREAMFS_FETCH_H

#include "lib/buf.h"
#include "lib/reason.h"
#include "net/curl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FETCH_TEXT_MAX 4096 /* kept of a body that is not a value */

/* Copied; NULL or 0: not said. */
struct fetch_config {
	const char *protocols;  /* "http,https": what a URL may begin with */
	const char *user_agent; /* NULL: dreamfs/VERSION */
	const char *netrc;
	struct curlbase_tls tls; /* key_file: of SSH as well */
	const char *proxy;       /* NULL: as the environment says; "": none */
	bool path_as_is;         /* leave "." and ".." in paths alone */
	int64_t connect_timeout_ms; /* 0: ten seconds */
};

struct fetch_pool; /* shared by threads */
struct fetch;      /* a handle; one thread at a time */

/* 0; -ENOMEM or -EINVAL with the reason. */
int fetch_pool_create(struct fetch_pool **out, const struct fetch_config *c,
                      struct reason *why);
/* When every handle is back; closes the connections. */
void fetch_pool_destroy(struct fetch_pool *pool);

/* A handle for this thread alone; NULL without memory. */
struct fetch *fetch_begin(struct fetch_pool *pool);
/* Gives it back. */
void fetch_end(struct fetch *f);

/* Borrowed for the call. */
struct fetch_request {
	const char *url;
	const char *method;         /* NULL: GET */
	struct curl_slist *headers; /* may be NULL */
	const char *user;           /* unless the URL has one; may be NULL */
	const char *password;       /* for that user; may be NULL */
	const char *sigv4;          /* NULL: no; or signed with user and
				       password, as CURLOPT_AWS_SIGV4 says:
				       "aws:amz:eu-central-1:s3" */
	const char *signed_url;     /* sigv4: in place of url; may be NULL */
	size_t max_body;            /* bytes; more is -EFBIG */
	int64_t timeout_ms;         /* for the whole; 0: none */
	int cancel_fd;              /* readable: -ECANCELED at once; -1: none */
	/* Called when no byte came for so long, and again after each such
	 * time: 0 to wait on, else the other side is given up.  It blocks the
	 * transfer.  0: never. */
	int64_t quiet_ms;
	int (*quiet)(void *arg);
	void *quiet_arg;
};

struct fetch_reply {
	long status;        /* of HTTP; 200 for the others' success */
	struct buf body;    /* whole if status is 200; else the first
			       FETCH_TEXT_MAX bytes of what it says */
	int64_t modified_s; /* Unix seconds; -1: not known */
	bool transient;     /* the failure may be gone next time */
	bool silent;        /* the other side did not say anything */
	struct reason why;  /* of the failure, with the URL as fetch_label()
			       writes it */
};

/*
 * 0 once there is a whole answer, of whatever status.  -ECANCELED, -EFBIG;
 * -ETIMEDOUT (timeout_ms or connecting); of ftp and sftp -ENOENT, -EACCES;
 * -EIO for the rest.  The reply is to be released in every case.
 */
int fetch_run(struct fetch *f, const struct fetch_request *request,
              struct fetch_reply *reply);
void fetch_reply_release(struct fetch_reply *reply);

/* The value of the last answer's header, NULL when it has none; `index`
 * counts those of the same name.  Borrowed until the next call on f. */
const char *fetch_header(struct fetch *f, const char *name, size_t index);

/* The last request's URL, as fetch_label() writes it; borrowed likewise. */
const char *fetch_asked(struct fetch *f);
/* Where the last answer redirects to, as it says it: perhaps relative to the
 * request's URL.  NULL when it does not; borrowed likewise. */
const char *fetch_redirect(struct fetch *f);

/* The URL for people: without user, password, query and fragment, cut to
 * FETCH_LABEL_MAX.  Returns out. */
#define FETCH_LABEL_MAX 128
char *fetch_label(const char *url, char out[FETCH_LABEL_MAX]);

/* True if this libcurl has the scheme. */
bool fetch_has_scheme(const char *scheme);

#endif
