/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A refused configuration says why in one line that names the file; an
 * accepted one is complete, and reads back the same from what it prints.
 */
#include "conf/conf.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/dreamfs-fuzz-conf-XXXXXX";

static void path_remove(void)
{
	unlink(path);
}

static void path_write(const void *bytes, size_t n)
{
	FILE *f = fopen(path, "w");
	size_t done;

	assert(f);
	done = fwrite(bytes, 1, n, f);
	if (fclose(f) != 0 || done != n)
		abort();
}

static char *print(const struct conf *c, size_t *len)
{
	char *text;
	FILE *out = open_memstream(&text, len);

	assert(out);
	conf_print(c, out);
	assert(fclose(out) == 0);
	return text;
}

static void conf_check(const struct conf *c)
{
	assert(c->group_count > 0 && c->node.loads > 0);
	for (size_t i = 0; i < c->group_count; i++) {
		const struct conf_group *g = &c->groups[i];
		const struct group_settings *set = &g->settings;

		assert(*g->name && *g->name != '.' && !strchr(g->name, '/'));
		assert(*getter_spec(g->getter)->source);
		assert(set->policy && set->capacity > 0 && set->max_value > 0);
		assert(set->loads > 0 && set->timeout_ms > 0);
		assert(set->ttl_ms >= 0 && (set->mode & ~0777u) == 0);
	}
}

static void round_trip(struct conf *c)
{
	struct reason why = { "" };
	size_t first_len, second_len;
	char *first = print(c, &first_len), *second;

	path_write(first, first_len);
	conf_release(c);
	if (conf_load(c, path, &why) != 0) {
		fprintf(stderr, "%s\n%s\n", why.text, first);
		abort();
	}
	second = print(c, &second_len);
	assert(first_len == second_len);
	assert(memcmp(first, second, first_len) == 0);
	free(first);
	free(second);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd = mkstemp(path);

	(void)argc;
	(void)argv;
	assert(fd >= 0);
	close(fd);
	return atexit(path_remove);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reason why = { "" };
	struct conf c;

	path_write(data, size);
	if (conf_load(&c, path, &why) != 0) {
		assert(*why.text && !strchr(why.text, '\n'));
		assert(strncmp(why.text, "/", 1) == 0);
		return 0;
	}
	conf_check(&c);
	round_trip(&c);
	conf_release(&c);
	return 0;
}
