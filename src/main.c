/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("dreamfs " DREAMFS_VERSION);
		return 0;
	}
	fputs("usage: dreamfs --version\n", stderr);
	return 2;
}
