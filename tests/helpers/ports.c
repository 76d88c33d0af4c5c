// SPDX-FileCopyrightText: The dreamfs authors
// SPDX-License-Identifier: Apache-2.0

/*
 * ports COUNT: keeps ports free for servers that a test will start.
 *
 * Prints COUNT ports of 127.0.0.1 on one line and holds them until it is
 * killed or its parent is gone.  The sockets are bound but do not listen, and
 * allow SO_REUSEADDR only once they are bound: so the kernel gives the ports
 * to nobody who does not ask for them by number, and to whom does as often as
 * he likes.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Binds a socket, which stays open, and returns its port; 0 on errors.
static int port_hold(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (s == -1 || bind(s, (struct sockaddr *)&address, size) ||
	    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    getsockname(s, (struct sockaddr *)&address, &size))
		return 0;
	/* cppcheck-suppress resourceLeak */
	return ntohs(address.sin_port);
}

int main(int argc, char **argv)
{
	int count = argc == 2 ? (int)strtol(argv[1], NULL, 10) : 0;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (int i = 0; i < count; i++) {
		int port = port_hold();

		if (!port) {
			perror("ports");
			return 1;
		}
		printf("%d%c", port, i + 1 < count ? ' ' : '\n');
	}
	fflush(stdout);
	pause();
	return 0;
}
