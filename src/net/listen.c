/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listen.h"

#include "lib/units.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_MAX 256

/* "HOST:PORT" in two; the host without its brackets. */
static int split_address(const char *address, char host[HOST_MAX],
                         const char **port)
{
	const char *colon = strrchr(address, ':');
	const char *from = address;
	size_t n;

	if (!colon)
		return -EINVAL;
	n = (size_t)(colon - address);
	if (n >= 2 && address[0] == '[' && colon[-1] == ']') {
		from++;
		n -= 2;
	} else if (memchr(address, ':', n)) {
		return -EINVAL;
	}
	if (n >= HOST_MAX)
		return -EINVAL;
	memcpy(host, from, n);
	host[n] = '\0';
	*port = colon + 1;
	return 0;
}

static int listen_at(const struct addrinfo *at, bool dual)
{
	int one = 1, only = !dual, err;
	int fd = socket(at->ai_family,
	                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (at->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (bind(fd, at->ai_addr, at->ai_addrlen) < 0 ||
	    listen(fd, SOMAXCONN) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* The first of a family; NULL if there is none. */
static const struct addrinfo *first_of(const struct addrinfo *all, int family)
{
	while (all && all->ai_family != family)
		all = all->ai_next;
	return all;
}

int listen_open(const char *address, struct reason *why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_PASSIVE };
	const struct addrinfo *ip4, *ip6;
	struct addrinfo *all = NULL;
	char host[HOST_MAX];
	const char *port = "";
	int fd = -EADDRNOTAVAIL, err = split_address(address, host, &port);
	uint64_t number;

	if (err || number_parse(port, 10, UINT16_MAX, &number) < 0)
		return reason_set(why, -EINVAL,
		                  "cannot listen on '%s': not HOST:PORT",
		                  address);
	err = getaddrinfo(host[0] ? host : NULL, port, &hints, &all);
	if (err)
		return reason_set(why, -EADDRNOTAVAIL,
		                  "cannot listen on '%s': %s", address,
		                  gai_strerror(err));
	ip4 = first_of(all, AF_INET);
	ip6 = first_of(all, AF_INET6);
	if (host[0])
		fd = listen_at(ip4 ? ip4 : all, false);
	else if (ip6) /* Everywhere: that socket takes both. */
		fd = listen_at(ip6, true);
	if (!host[0] && ip4 && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL))
		fd = listen_at(ip4, false);
	freeaddrinfo(all);
	if (fd < 0)
		return reason_set(why, fd, "cannot listen on '%s': %s", address,
		                  strerror(-fd));
	return fd;
}

uint16_t listen_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
	} at = { .ip6 = { 0 } };
	socklen_t len = sizeof(at);

	if (getsockname(fd, &at.any, &len) < 0)
		return 0;
	return ntohs(at.any.sa_family == AF_INET6 ? at.ip6.sin6_port
	                                          : at.ip4.sin_port);
}
