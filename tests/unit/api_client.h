/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node of peer_client.h with a front door instead of a server.  Included
 * behind cmocka.h.
 */
#ifndef DREAMFS_TESTS_API_CLIENT_H
#define DREAMFS_TESTS_API_CLIENT_H

#include "peer_client.h"

#include "serve/api.h"

static struct api *api;

/* Also has a group "%+" and, after two of the fixed names, "metrics" and
 * "v1". */
static inline void open_door(struct served *s)
{
	struct api_config config = { .listen = "127.0.0.1:0" };
	struct reason why = { "" };

	suffix = "";
	loads = cancelled = 0;
	gate = false;
	s->server = NULL;
	assert_int_equal(node_create(&s->node, 8), 0);
	add_group(s->node, "hello", 0);
	add_group(s->node, "brief", 3600000);
	add_group(s->node, "%+", 0);
	add_group(s->node, "metrics", 0);
	add_group(s->node, "v1", 0);
	if (api_create(&api, s->node, &config, &why) < 0)
		fail_msg("%s", why.text);
	s->port = httpd_port(api_httpd(api));
}

static inline void close_door(struct served *s)
{
	api_destroy(api);
	node_destroy(s->node);
}

/* One request with a header, which may be "", on a connection of its own. */
static inline struct reply fetch_with(const struct served *s,
                                      const char *method, const char *path,
                                      const char *header)
{
	struct reply r;
	int fd = dial(s);

	ask_with(fd, method, path, header);
	assert_true(hear(fd, &r, strcmp(method, "HEAD") == 0));
	close(fd);
	return r;
}

/* One request: the status, and no header of interest. */
static inline int status_with(const struct served *s, const char *method,
                              const char *path, const char *header)
{
	struct reply r = fetch_with(s, method, path, header);

	reply_release(&r);
	return r.status;
}

#endif
