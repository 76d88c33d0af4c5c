/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Every test runs inside an empty directory of its own. */
static char home[64];

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	(void)state;
	snprintf(home, sizeof(home), "/tmp/dreamfs-conf-XXXXXX");
	setenv("DREAMFS_TEST_DIR", "set/by/test", 1);
	unsetenv("DREAMFS_TEST_NONE");
	return mkdtemp(home) && chdir(home) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return chdir("/") == 0 ? nftw(home, remove_one, 8, FTW_DEPTH) : -1;
}

static void bytes_write(const char *name, const char *bytes, size_t n)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void text_write(const char *name, const char *text)
{
	bytes_write(name, text, strlen(text));
}

static void conf_expect(struct conf *c, const char *text)
{
	struct reason why = { "" };

	text_write("t.conf", text);
	if (conf_load(c, "t.conf", &why) != 0)
		fail_msg("%s, for: %s", why.text, text);
}

/* What conf_load() says of t.conf holding `text`. */
static void error_expect(const char *text, const char *message)
{
	struct reason why = { "" };
	struct conf c;

	text_write("t.conf", text);
	if (conf_load(&c, "t.conf", &why) != -EINVAL)
		fail_msg("not refused: %s", text);
	assert_string_equal(why.text, message);
}

static const struct getter_spec *source_of(const struct conf *c, size_t group)
{
	return getter_spec(c->groups[group].getter);
}

/* What a group's getter has for the option, as a configuration says it; NULL:
 * it knows none, or was not told. */
static void check_said(const struct conf *c, size_t group, const char *name,
                       const char *want)
{
	const struct getter_spec *spec = source_of(c, group);
	const struct option_def *opt = option_find(spec->ops->options, name);
	char text[512] = "", quoted[512];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	if (opt && option_said(opt, spec->options))
		option_print(opt, spec->options, out);
	fclose(out);
	snprintf(quoted, sizeof(quoted), "\"%s\"", want ? want : "");
	if (strcmp(text, quoted) != 0)
		assert_string_equal(text, want ? want : "");
}

static void test_everything_has_a_default(void **state)
{
	const struct conf_group *g;
	struct conf c;

	(void)state;
	conf_expect(&c, "group hello { command = \"lookup {key}\" }");
	assert_int_equal(c.node.loads, 64);
	assert_int_equal(c.node.log, LOG_LVL_INFO);
	assert_null(c.node.listen);
	assert_null(c.node.self);
	assert_int_equal(c.node.peers.count, 0);
	assert_ptr_equal(c.node.protocol, &dialect_groupcache);
	assert_string_equal(c.node.codec->name, "protobuf");
	assert_string_equal(c.node.placement->name, "groupcache");
	assert_int_equal(c.node.replicas, 50);
	assert_int_equal(c.node.peer_timeout_ms, 2000);
	assert_int_equal(c.node.health_interval_ms, 2000);
	assert_int_equal(c.node.drain_ms, 0);
	assert_int_equal(c.group_count, 1);
	g = &c.groups[0];
	assert_string_equal(g->name, "hello");
	assert_string_equal(source_of(&c, 0)->ops->source.name, "command");
	assert_string_equal(source_of(&c, 0)->source, "lookup {key}");
	assert_int_equal(g->settings.capacity, 64 << 20);
	assert_string_equal(g->settings.policy->name, "lru");
	assert_int_equal(g->settings.ttl_ms, 0);
	assert_int_equal(g->settings.negative_ttl_ms, 0);
	assert_int_equal(g->settings.stale_ms, 0);
	assert_int_equal(g->settings.timeout_ms, 30000);
	assert_int_equal(g->settings.max_value, 64 << 20);
	assert_int_equal(g->settings.kernel_cache_ms, 60000);
	assert_int_equal(g->settings.loads, 32);
	assert_true(g->settings.hot == 0.1);
	assert_int_equal(g->settings.mode, 0444);
	assert_int_equal(g->settings.uid, geteuid());
	assert_int_equal(g->settings.gid, getegid());
	check_said(&c, 0, "not_found_exit", "{ 1 }");
	check_said(&c, 0, "user", NULL);
	conf_release(&c);
}

static void test_url_groups_have_their_own(void **state)
{
	struct conf c;

	(void)state;
	conf_expect(&c, "group deb { url = \"https://host/{+key}\" }");
	assert_string_equal(source_of(&c, 0)->ops->source.name, "url");
	check_said(&c, 0, "connect_timeout", "10s");
	check_said(&c, 0, "retries", "2");
	check_said(&c, 0, "insecure", "no");
	assert_false(source_of(&c, 0)->ttl_origin);
	check_said(&c, 0, "not_found_exit", NULL);
	conf_release(&c);
}

static void test_a_group_wins_over_defaults(void **state)
{
	struct conf c;

	(void)state;
	/* Wherever defaults stand; and what is for urls is for urls only. */
	conf_expect(&c, "group a { command = x\n ttl = 5m\n mode = 0400 }\n"
	                "defaults { ttl = origin\n capacity = 1G\n"
	                " mode = 0440\n retries = 7\n not_found_exit = {} }\n"
	                "group b { url = \"http://h/{key}\" }\n"
	                "group c { command = x }\n");
	assert_int_equal(c.group_count, 3);
	assert_int_equal(c.groups[0].settings.ttl_ms, 300000);
	assert_int_equal(c.groups[0].settings.mode, 0400);
	assert_int_equal(c.groups[0].settings.capacity, 1 << 30);
	check_said(&c, 0, "not_found_exit", "{}");
	check_said(&c, 0, "retries", NULL);
	assert_true(source_of(&c, 1)->ttl_origin);
	check_said(&c, 1, "retries", "7");
	assert_int_equal(c.groups[1].settings.mode, 0440);
	assert_false(source_of(&c, 2)->ttl_origin);
	assert_int_equal(c.groups[2].settings.ttl_ms, 0);
	conf_release(&c);
}

static void test_peers(void **state)
{
	struct conf c;

	(void)state;
	conf_expect(&c, "node { listen = \":7246\"\n self = \"http://b:1\"\n"
	                " peers = { \"http://a:1\", \"http://b:1\" } }\n"
	                "group a { command = x\n hot = 0.5 }");
	assert_string_equal(c.node.listen, ":7246");
	assert_string_equal(c.node.self, "http://b:1");
	assert_int_equal(c.node.peers.count, 2);
	assert_string_equal(c.node.peers.items[0], "http://a:1");
	assert_string_equal(c.node.peers.items[1], "http://b:1");
	assert_true(c.groups[0].settings.hot == 0.5);
	conf_release(&c);
}

static void test_the_protocol_decides_the_rest(void **state)
{
	struct conf c;

	(void)state;
	conf_expect(&c, "node { protocol = dreamemo\n codec = thrift }\n"
	                "group a { command = x }");
	assert_ptr_equal(c.node.protocol, &dialect_dreamemo);
	assert_string_equal(c.node.codec->name, "thrift");
	assert_string_equal(c.node.placement->name, "dreamemo");
	assert_int_equal(c.node.replicas, 10);
	assert_int_equal(c.node.drain_ms, 12000);
	conf_release(&c);
	conf_expect(&c, "node { protocol = dreamemo\n drain = 0\n"
	                " placement = rendezvous }\n"
	                "group a { command = x }");
	assert_string_equal(c.node.placement->name, "rendezvous");
	assert_int_equal(c.node.replicas, 0);
	assert_int_equal(c.node.drain_ms, 0);
	conf_release(&c);
}

static void test_addresses_to_listen_on(void **state)
{
	static const char *const good[] = { ":1",          "0.0.0.0:7246",
		                            "[::1]:65535", "my-host.example:80",
		                            "127.0.0.1:0", "[::]:7" };
	char text[128];
	struct conf c;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(text, sizeof(text),
		         "node { listen = \"%s\" }\ngroup a { command = x }",
		         good[i]);
		conf_expect(&c, text);
		assert_string_equal(c.node.listen, good[i]);
		assert_null(c.node.api);
		conf_release(&c);
		snprintf(text, sizeof(text),
		         "node { api = \"%s\" }\ngroup a { command = x }",
		         good[i]);
		conf_expect(&c, text);
		assert_string_equal(c.node.api, good[i]);
		assert_null(c.node.listen);
		conf_release(&c);
	}
}

static void test_lists(void **state)
{
	struct conf c;

	(void)state;
	conf_expect(&c, "group a { url = \"http://h/{key}\"\n"
	                " header = { \"A: 1\", # a comment inside\n"
	                "  'B: \"2\"', } }\n"
	                "group b { command = x\n"
	                " not_found_exit = { 1, 44, 255 } }\n"
	                "group c { command = x\n not_found_exit = 3 }\n");
	check_said(&c, 0, "header", "{ \"A: 1\", \"B: \\\"2\\\"\" }");
	check_said(&c, 1, "not_found_exit", "{ 1, 44, 255 }");
	check_said(&c, 2, "not_found_exit", "{ 3 }");
	conf_release(&c);
}

static void test_ids_may_be_names(void **state)
{
	struct conf c;

	(void)state;
	conf_expect(&c, "group a { command = x\n uid = root\n gid = root }\n"
	                "group b { command = x\n uid = 12\n gid = 013 }");
	assert_int_equal(c.groups[0].settings.uid, 0);
	assert_int_equal(c.groups[0].settings.gid, 0);
	assert_int_equal(c.groups[1].settings.uid, 12);
	assert_int_equal(c.groups[1].settings.gid, 13);
	conf_release(&c);
}

static void path_expect(const char *path, const char *tail)
{
	char want[256];

	snprintf(want, sizeof(want), "%s/%s", home, tail);
	assert_string_equal(path, want);
}

static void test_paths_start_from_the_file_that_says_them(void **state)
{
	char want[256];
	struct conf c;

	(void)state;
	assert_int_equal(mkdir("sub", 0755), 0);
	text_write("sub/headers", "");
	text_write("sub/b.conf", "include(\"c.conf\")\n"
	                         "group b { command = \"./get {key}\" }");
	text_write("sub/c.conf", "group c { url = \"http://h/{key}\"\n"
	                         "header_file = headers\n netrc = /dev/null }");
	conf_expect(&c, "include(sub/b.conf)\n"
	                "group a { command = \"bin/get {key}\" }\n"
	                "group d { command = \"get ./{key}\" }\n"
	                "group e { command = \"/bin/get {key}\" }\n");
	path_expect(c.path, "t.conf");
	snprintf(want, sizeof(want), "%s/sub/headers", home);
	check_said(&c, 0, "header_file", want);
	check_said(&c, 0, "netrc", "/dev/null");
	path_expect(source_of(&c, 1)->source, "sub/get {key}");
	path_expect(source_of(&c, 2)->source, "bin/get {key}");
	assert_string_equal(source_of(&c, 3)->source, "get ./{key}");
	assert_string_equal(source_of(&c, 4)->source, "/bin/get {key}");
	conf_release(&c);
}

static void test_odd_directories_are_quoted_for_the_command(void **state)
{
	struct reason why;
	char want[256];
	struct conf c;

	(void)state;
	assert_int_equal(mkdir("it's here", 0755), 0);
	text_write("it's here/t.conf",
	           "group a { command = ' \"./my get\" x' }");
	assert_int_equal(conf_load(&c, "it's here/t.conf", &why), 0);
	snprintf(want, sizeof(want), "'%s/it'\\''s here'/\"./my get\" x", home);
	assert_string_equal(source_of(&c, 0)->source, want);
	conf_release(&c);
}

static void test_the_environment(void **state)
{
	struct conf c;

	(void)state;
	conf_expect(&c, "group a {\n"
	                "command = \"${DREAMFS_TEST_DIR:-no}"
	                " ${DREAMFS_TEST_NONE:-else} \\${HOME} {key}\" }\n"
	                "group b { command = 'echo ${DREAMFS_TEST_NONE}' }\n");
	path_expect(source_of(&c, 0)->source, "set/by/test else ${HOME} {key}");
	assert_string_equal(source_of(&c, 1)->source,
	                    "echo ${DREAMFS_TEST_NONE}");
	conf_release(&c);
}

static void test_line_ends_and_byte_order_marks(void **state)
{
	struct conf c;

	(void)state;
	conf_expect(&c, "\xef\xbb\xbf# BOM\r\ngroup a {\r\n command = x\r\n}");
	assert_string_equal(source_of(&c, 0)->source, "x");
	conf_release(&c);
	error_expect("\xef\xbb\xbf# BOM\r\ngroup a {\r\n commnd = x\r\n}\r\n",
	             "t.conf:3: unknown name 'commnd' in a group, "
	             "did you mean 'command'?");
}

static void test_long_lines(void **state)
{
	static char text[2 * 70000], value[65537];
	struct reason why;
	struct conf c;

	(void)state;
	memset(value, 'v', sizeof(value) - 1);
	snprintf(text, sizeof(text), "group a { command = \"x %s\" }", value);
	conf_expect(&c, text);
	assert_int_equal(strlen(source_of(&c, 0)->source), 65538);
	conf_release(&c);
	snprintf(text, sizeof(text), "group a { command = %s }", value);
	conf_expect(&c, text);
	assert_int_equal(strlen(source_of(&c, 0)->source), 65536);
	conf_release(&c);
	snprintf(text, sizeof(text), "# %s\nnode { %s = 1 }", value, value);
	text_write("t.conf", text);
	assert_int_equal(conf_load(&c, "t.conf", &why), -EINVAL);
	assert_memory_equal(why.text, "t.conf:2: unknown name 'vvv", 26);
}

static const struct {
	const char *text, *message;
} errors[] = {
	/* what is there at all */
	{ "", "t.conf:1: no group" },
	{ "# nothing\n", "t.conf:1: no group" },
	{ "node { }", "t.conf:1: no group" },
	/* names */
	{ "\n\nnode { lods = 1 }", "t.conf:3: unknown name 'lods' in node, "
	                           "did you mean 'loads'?" },
	{ "node { listn = 1 }", "t.conf:1: unknown name 'listn' in node, "
	                        "did you mean 'listen'?" },
	{ "defaults {\n elephant = 1\n}",
	  "t.conf:2: unknown name 'elephant' in defaults" },
	{ "defaults { command = x }",
	  "t.conf:1: unknown name 'command' in defaults" },
	{ "groop a { }", "t.conf:1: unknown name 'groop' outside of blocks, "
	                 "did you mean 'group'?" },
	{ "capacity = 5M", "t.conf:1: unknown name 'capacity' outside of "
	                   "blocks" },
	{ "\"node|log\" = debug",
	  "t.conf:1: unknown name 'node|log' outside of blocks" },
	{ "node { \"loads\" = 3 }",
	  "t.conf:1: expected a name, which is not quoted" },
	/* twice */
	{ "node { }\n# x\nnode { }", "t.conf:3: node is there already, at "
	                             "t.conf:1" },
	{ "defaults { ttl = 1s }\ndefaults {\nttl = 1s }",
	  "t.conf:2: defaults is there already, at t.conf:1" },
	{ "group a { command = x }\ngroup b {}\n\ngroup a\n{ command = x }",
	  "t.conf:5: group 'a' is there already, at t.conf:1" },
	{ "group a {\nttl = 1s\n/*\n*/ ttl = 2s\n}",
	  "t.conf:4: 'ttl' is there already, at line 2" },
	{ "group a { header = {}\nheader = {} }",
	  "t.conf:2: 'header' is there already, at line 1" },
	{ "group a { header = { \"a\", \"b\" }\nheader = \"c\" }",
	  "t.conf:2: 'header' is there already, at line 1" },
	{ "group a { header += { \"a\" } }",
	  "t.conf:1: unexpected '+' (a value with it is quoted)" },
	/* values */
	{ "node { loads = 0 }",
	  "t.conf:1: loads: '0' is not a number from 1 to 4096" },
	{ "node { log = debgu }",
	  "t.conf:1: log: 'debgu' is none of: error warn info debug, "
	  "did you mean 'debug'?" },
	{ "defaults { capacity = -5 }", "t.conf:1: capacity: '-5' is not a "
	                                "size such as 512K, 64M, 2G" },
	{ "defaults { capacity = 0 }", "t.conf:1: capacity: must be above 0" },
	{ "defaults { capacity = 99999999T }",
	  "t.conf:1: capacity: '99999999T' is too large" },
	{ "defaults { timeout = 0 }", "t.conf:1: timeout: must be above 0" },
	{ "defaults {\n ttl = 5\n}",
	  "t.conf:2: ttl: '5' is not a duration such as 250ms, 30s, 5m, 1h" },
	{ "defaults { ttl = 99999d }", "t.conf:1: ttl: '99999d' is too long" },
	{ "defaults { mode = 1777 }", "t.conf:1: mode: '1777' is not an octal "
	                              "mode from 0000 to 0777" },
	{ "defaults { mode = 0488 }", "t.conf:1: mode: '0488' is not an octal "
	                              "mode from 0000 to 0777" },
	{ "defaults { uid = nobody-at-all }",
	  "t.conf:1: uid: 'nobody-at-all' is neither a user nor a number" },
	{ "defaults { gid = 4294967295 }",
	  "t.conf:1: gid: '4294967295' is neither a group of users nor a "
	  "number" },
	{ "defaults { insecure = maybe }",
	  "t.conf:1: insecure: 'maybe' is neither yes nor no" },
	{ "defaults { retries = 1.5 }",
	  "t.conf:1: retries: '1.5' is not a number from 0 to 100" },
	{ "defaults { not_found_exit = { 1, 0 } }",
	  "t.conf:1: not_found_exit: '0' is not an exit code from 1 to 255" },
	{ "defaults { not_found_exit = { 256 } }",
	  "t.conf:1: not_found_exit: '256' is not an exit code from 1 to "
	  "255" },
	{ "defaults { header = { \"A: b\", '' } }",
	  "t.conf:1: header: has an empty string" },
	{ "defaults { user = '' }", "t.conf:1: user: is empty" },
	{ "group a { command = \"\" }", "t.conf:1: command: is empty" },
	{ "defaults { hot = 101% }",
	  "t.conf:1: hot: '101%' is not a share from 0% to 100%" },
	{ "defaults { hot = much }",
	  "t.conf:1: hot: 'much' is not a share from 0% to 100%" },
	/* peers */
	{ "node { listen = 1 }", "t.conf:1: listen: '1' is not HOST:PORT, "
	                         "[IPV6]:PORT or :PORT" },
	{ "node { api = 1 }", "t.conf:1: api: '1' is not HOST:PORT, "
	                      "[IPV6]:PORT or :PORT" },
	{ "node { listen = \"::1:80\" }",
	  "t.conf:1: listen: '::1:80' is not HOST:PORT, [IPV6]:PORT or "
	  ":PORT" },
	{ "node { listen = \"[]:80\" }",
	  "t.conf:1: listen: '[]:80' is not HOST:PORT, [IPV6]:PORT or :PORT" },
	{ "node { listen = \"[x]:80\" }",
	  "t.conf:1: listen: '[x]:80' is not HOST:PORT, [IPV6]:PORT or "
	  ":PORT" },
	{ "node { listen = \"a:65536\" }",
	  "t.conf:1: listen: 'a:65536' is not HOST:PORT, [IPV6]:PORT or "
	  ":PORT" },
	{ "node { listen = \"a:\" }",
	  "t.conf:1: listen: 'a:' is not HOST:PORT, [IPV6]:PORT or :PORT" },
	{ "node { listen = \"a b:1\" }",
	  "t.conf:1: listen: 'a b:1' is not HOST:PORT, [IPV6]:PORT or :PORT" },
	{ "node {\n self = \"http://a:1\"\n}",
	  "t.conf:2: 'self' without 'peers'" },
	{ "node {\n\n peers = { \"http://a:1\" }\n}",
	  "t.conf:3: 'peers' without 'self': which of them is this node?" },
	{ "node {\n self = \"http://a:1\"\n peers = { \"http://a:1\" }\n}",
	  "t.conf:3: 'peers' without 'listen': they could not reach this "
	  "node" },
	{ "node { listen = \":1\"\n self = \"http://a:1/\"\n"
	  " peers = { \"http://a:1\" }\n}",
	  "t.conf:2: self 'http://a:1/' is not one of the peers" },
	{ "node { listen = \":1\"\n self = \"http://a:1\"\n"
	  " peers = { \"http://a:1\", \"http://a:1\" }\n}",
	  "t.conf:3: peer 'http://a:1' is listed twice" },
	{ "node { listen = \":1\"\n self = \"a:1\"\n"
	  " peers = { \"a:1\" }\n}",
	  "t.conf:3: peer 'a:1' is not http://HOST:PORT" },
	{ "node { listen = \":1\"\n self = \"http://a:1\"\n peers = {}\n}",
	  "t.conf:3: no peers" },
	{ "node { peers = { \"http://a:1\", '' } }",
	  "t.conf:1: peers: has an empty string" },
	{ "node { protocol = groupcahe }",
	  "t.conf:1: protocol: 'groupcahe' is none of: groupcache dreamemo, "
	  "did you mean 'groupcache'?" },
	{ "node {\n codec = thrift\n}",
	  "t.conf:2: codec: 'thrift' is not for protocol 'groupcache'" },
	{ "node { codec = json }",
	  "t.conf:1: codec: 'json' is none of: protobuf thrift" },
	{ "node { placement = jmup }",
	  "t.conf:1: placement: 'jmup' is none of: groupcache dreamemo "
	  "rendezvous jump, did you mean 'jump'?" },
	{ "node { replicas = 0 }",
	  "t.conf:1: replicas: '0' is not a number from 1 to 65536" },
	{ "node { peer_timeout = 0 }",
	  "t.conf:1: peer_timeout: must be above 0" },
	{ "node { health_interval = 0 }",
	  "t.conf:1: health_interval: must be above 0" },
	{ "node { drain = long }",
	  "t.conf:1: drain: 'long' is not a duration such as 250ms, 30s, 5m, "
	  "1h" },
	/* groups */
	{ "\ngroup a\n{\n}", "t.conf:3: group 'a' has no getter: it needs a "
	                     "command or url or redis" },
	{ "group a {\ncommand = x\nurl = y }",
	  "t.conf:3: 'url' in a group that has a command already" },
	{ "group a { command = x\nretries = 1 }",
	  "t.conf:2: 'retries' is for a url or redis, and this group has a "
	  "command" },
	{ "group a { url = \"http://h/{key}\"\nuser = x }",
	  "t.conf:2: 'user' is for a command, and this group has a url" },
	{ "group a { command = x\nttl = origin }",
	  "t.conf:2: 'ttl = origin' is for a url or redis, and this group has "
	  "a command" },
	{ "group a {\nredis = \"redis:h\"\n}",
	  "t.conf:2: redis: expected redis://HOST, rediss://HOST or "
	  "unix:///PATH" },
	{ "group a { redis = \"redis://h\"\nheader = { \"A: b\" } }",
	  "t.conf:2: 'header' is for a url, and this group has a redis" },
	{ "group .a { command = x }",
	  "t.conf:1: group: the name '.a' begins with '.'" },
	{ "group a/b { command = x }",
	  "t.conf:1: group: the name 'a/b' holds a '/'" },
	{ "group '' { command = x }", "t.conf:1: group: the name '' is empty" },
	{ "group \"a\\nb\" { command = x }",
	  "t.conf:1: group: the name 'a b' holds a control character" },
	{ "group { command = x }", "t.conf:1: group: missing a name" },
	{ "group a command = x", "t.conf:1: group: missing '{'" },
	{ "node", "t.conf:1: node: missing '{'" },
	/* syntax */
	{ "node {\n loads = 1\n", "t.conf:1: '{' is never closed" },
	{ "node {\n loads = 1\ngroup a {\n}\n",
	  "t.conf:3: unexpected 'group' (the block of line 1 is not closed)" },
	{ "\n}", "t.conf:2: '}' without '{'" },
	{ "node { loads }", "t.conf:1: loads: missing '='" },
	{ "node { loads = { 1 } }",
	  "t.conf:1: loads: expected one value, not a list" },
	{ "node { loads = }",
	  "t.conf:1: unexpected '}' (a value with it is quoted)" },
	{ "node { peers = { \"a\" \"b\" } }", "t.conf:1: peers: missing ','" },
	{ "node { loads = 1 2 }", "t.conf:1: unknown name '2' in node" },
	{ "\"\" { }", "t.conf:1: unknown name '' outside of blocks" },
	{ "group a { command = \"x }\n}\n",
	  "t.conf:1: \" is not closed on its line" },
	{ "group a {\n command = 'x }\n}\n",
	  "t.conf:2: ' is not closed on its line" },
	{ "/* never", "t.conf:1: '/*' without '*/'" },
	{ "node { loads = 1; }",
	  "t.conf:1: unexpected ';' (a value with it is quoted)" },
	{ "node\r{ }", "t.conf:1: unexpected byte 0x0d" },
	{ "group a { command = \"x\x01\" }",
	  "t.conf:1: a control character, 0x01, inside quotes" },
	{ "group a { command = \"x\\0y\" }",
	  "t.conf:1: a value cannot hold a NUL byte" },
	{ "group a { command = \"x\\x00y\" }",
	  "t.conf:1: a value cannot hold a NUL byte" },
	{ "group a { command = \"\\400\" }",
	  "t.conf:1: invalid octal number '\\400'" },
	/* variables */
	{ "group a {\ncommand = \"${DREAMFS_TEST_NONE}\" }",
	  "t.conf:2: the environment has no 'DREAMFS_TEST_NONE' (a default is "
	  "given as ${DREAMFS_TEST_NONE:-default})" },
	{ "group a { command = \"${\" }",
	  "t.conf:1: '${' is not ${NAME} or ${NAME:-default} (a plain '$' is "
	  "'\\$')" },
	{ "group a { command = \"${x#y}\" }",
	  "t.conf:1: '${x#y}' is not ${NAME} or ${NAME:-default} (a plain '$' "
	  "is '\\$')" },
	/* includes */
	{ "include(\"none.conf\")",
	  "t.conf:1: cannot read 'none.conf': No such file or directory" },
	{ "\ninclude(\"t.conf\")", "t.conf:2: 't.conf' includes itself" },
	{ "include(\"\")", "t.conf:1: include: the name is empty" },
	{ "include()", "t.conf:1: include: missing a name" },
	{ "include \"a\"", "t.conf:1: include: missing '('" },
	{ "include(\"a\" \"b\")", "t.conf:1: include: missing ')'" },
	{ "include(\"a\"", "t.conf:1: include: missing ')'" },
	{ "group a { include(\"b\") }",
	  "t.conf:1: unexpected 'include' (the block of line 1 is not "
	  "closed)" },
};

static void test_errors_say_where_and_what(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++)
		error_expect(errors[i].text, errors[i].message);
}

static void test_policies_are_listed(void **state)
{
	struct reason why;
	struct conf c;

	(void)state;
	text_write("t.conf", "defaults { policy = lruu }");
	assert_int_equal(conf_load(&c, "t.conf", &why), -EINVAL);
	assert_non_null(
	        strstr(why.text, "t.conf:1: policy: 'lruu' is none of: lru"));
	assert_non_null(strstr(why.text, ", did you mean 'lru'?"));
}

/* The getter itself judges its source; the place is the source's. */
static void test_getters_are_asked(void **state)
{
	struct reason why;
	struct conf c;

	(void)state;
	text_write("t.conf", "group a {\n\n url = \"http://h/{ky}\"\n}");
	assert_int_equal(conf_load(&c, "t.conf", &why), -EINVAL);
	assert_memory_equal(why.text, "t.conf:3: url: ", 15);
	assert_true(strlen(why.text) > 15);
}

static void test_errors_in_includes_name_the_included_file(void **state)
{
	struct reason why;
	struct conf c;

	(void)state;
	assert_int_equal(mkdir("sub", 0755), 0);
	text_write("sub/t.conf",
	           "# one\ninclude(\"b.conf\")\ngroup a { xx=1 }");
	text_write("sub/b.conf", "\n# two\n node { lods = 1 }");
	assert_int_equal(conf_load(&c, "sub/t.conf", &why), -EINVAL);
	assert_string_equal(why.text,
	                    "sub/b.conf:3: unknown name 'lods' in node, "
	                    "did you mean 'loads'?");
	text_write("sub/b.conf", "\n\ngroup a { command = x\n}");
	text_write("sub/t.conf", "\ngroup a { command = x }\n"
	                         "include(\"b.conf\")\n");
	assert_int_equal(conf_load(&c, "sub/t.conf", &why), -EINVAL);
	assert_string_equal(why.text, "sub/b.conf:3: group 'a' is there "
	                              "already, at sub/t.conf:2");
	/* Lines are counted on after an include. */
	text_write("sub/b.conf", "\n\n\n\n");
	text_write("sub/t.conf", "include(\"b.conf\")\n\nnode { x = 1 }");
	assert_int_equal(conf_load(&c, "sub/t.conf", &why), -EINVAL);
	assert_string_equal(why.text, "sub/t.conf:3: unknown name 'x' in node");
	/* A block does not go on in another file. */
	text_write("sub/b.conf", "node {\n");
	assert_int_equal(conf_load(&c, "sub/t.conf", &why), -EINVAL);
	assert_string_equal(why.text, "sub/b.conf:1: '{' is never closed");
}

static void test_includes_end(void **state)
{
	struct reason why;
	struct conf c;
	char name[32], text[64];

	(void)state;
	text_write("t.conf", "include(\"b.conf\")");
	text_write("b.conf", "\ninclude(\"t.conf\")");
	assert_int_equal(conf_load(&c, "t.conf", &why), -EINVAL);
	assert_string_equal(why.text, "b.conf:2: 't.conf' includes itself");
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "%d.conf", i);
		snprintf(text, sizeof(text), "include(\"%d.conf\")", i + 1);
		text_write(name, text);
	}
	assert_int_equal(conf_load(&c, "0.conf", &why), -EINVAL);
	assert_string_equal(why.text,
	                    "15.conf:1: includes nest deeper than 16");
}

/* No error leaves anything behind. */
static void test_after_an_error_all_is_well(void **state)
{
	struct conf c;

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		error_expect(errors[i].text, errors[i].message);
		conf_expect(&c, "\n# x\ngroup a { command = x }");
		assert_int_equal(c.group_count, 1);
		conf_release(&c);
	}
}

static void test_unreadable_files(void **state)
{
	struct reason why;
	struct conf c;

	(void)state;
	assert_int_equal(conf_load(&c, "none.conf", &why), -ENOENT);
	assert_string_equal(why.text, "cannot read 'none.conf': "
	                              "No such file or directory");
	assert_int_equal(conf_load(&c, ".", &why), -EISDIR);
	assert_int_equal(conf_load(&c, "/dev/zero", &why), -EFBIG);
	bytes_write("t.conf", "group a\0b {}", 12);
	assert_int_equal(conf_load(&c, "t.conf", &why), -EINVAL);
	assert_string_equal(why.text, "t.conf:1: unexpected byte 0x00");
}

static void test_long_file_names_leave_room_for_the_message(void **state)
{
	char name[4 * 101];
	struct reason why;
	struct conf c;

	(void)state;
	memset(name, 'd', sizeof(name));
	for (int i = 1; i <= 3; i++) {
		name[i * 101] = '\0';
		assert_int_equal(mkdir(name, 0755), 0);
		name[i * 101] = '/';
	}
	snprintf(name + 3 * 101, 101, "/t.conf");
	text_write(name, "node { lods = 1 }");
	assert_int_equal(conf_load(&c, name, &why), -EINVAL);
	assert_non_null(strstr(why.text, "/t.conf:1: unknown name 'lods' in "
	                                 "node, did you mean 'loads'?"));
}

static void test_words(void **state)
{
	static char *words[] = { "hello=command: bin/get {key}",
		                 "deb=url:https://host/{+key}?a=b:c" };
	struct reason why = { "" };
	struct conf c;

	(void)state;
	assert_int_equal(conf_from_words(&c, words, COUNT(words), &why), 0);
	assert_string_equal(c.path, "");
	assert_int_equal(c.group_count, 2);
	assert_string_equal(c.groups[0].name, "hello");
	path_expect(source_of(&c, 0)->source, "bin/get {key}");
	assert_int_equal(c.groups[0].settings.timeout_ms, 30000);
	assert_string_equal(source_of(&c, 1)->ops->source.name, "url");
	assert_string_equal(source_of(&c, 1)->source,
	                    "https://host/{+key}?a=b:c");
	assert_int_equal(c.node.loads, 64);
	conf_release(&c);
}

static void test_bad_words(void **state)
{
	static const struct {
		char *word;
		const char *message;
	} bad[] = {
		{ "hello", "-g 'hello': expected NAME=GETTER: SOURCE" },
		{ "a=lookup", "-g 'a=lookup': expected NAME=GETTER: SOURCE" },
		{ "a=comand: x",
		  "-g 'a=comand: x': 'comand' is none of: command url redis, "
		  "did you mean 'command'?" },
		{ "a=lisp: x",
		  "-g 'a=lisp: x': 'lisp' is none of: command url redis" },
		{ "a=command: ", "-g 'a=command: ': command: is empty" },
		{ "=command: x", "-g '=command: x': group: the name '' is "
		                 "empty" },
	};
	static char *twins[] = { "a=command: x", "a=command: y" };
	struct reason why;
	struct conf c;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		char *word = bad[i].word;

		assert_int_equal(conf_from_words(&c, &word, 1, &why), -EINVAL);
		assert_string_equal(why.text, bad[i].message);
	}
	assert_int_equal(conf_from_words(&c, twins, 2, &why), -EINVAL);
	assert_string_equal(why.text,
	                    "-g 'a=command: y': group 'a' is there already");
	assert_int_equal(conf_from_words(&c, twins, 0, &why), -EINVAL);
}

static char *printed(const struct conf *c)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	conf_print(c, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void group_same(const struct conf_group *a, const struct conf_group *b)
{
	assert_string_equal(a->name, b->name);
	assert_true(getter_equal(a->getter, b->getter));
	assert_int_equal(a->settings.capacity, b->settings.capacity);
	assert_ptr_equal(a->settings.policy, b->settings.policy);
	assert_int_equal(a->settings.ttl_ms, b->settings.ttl_ms);
	assert_int_equal(a->settings.negative_ttl_ms,
	                 b->settings.negative_ttl_ms);
	assert_int_equal(a->settings.stale_ms, b->settings.stale_ms);
	assert_int_equal(a->settings.timeout_ms, b->settings.timeout_ms);
	assert_int_equal(a->settings.max_value, b->settings.max_value);
	assert_int_equal(a->settings.kernel_cache_ms,
	                 b->settings.kernel_cache_ms);
	assert_int_equal(a->settings.loads, b->settings.loads);
	assert_true(a->settings.hot == b->settings.hot);
	assert_int_equal(a->settings.mode, b->settings.mode);
	assert_int_equal(a->settings.uid, b->settings.uid);
	assert_int_equal(a->settings.gid, b->settings.gid);
}

static void text_same(const char *a, const char *b)
{
	assert_string_equal(a ? a : "", b ? b : "");
}

static void node_same(const struct conf_node *a, const struct conf_node *b)
{
	text_same(a->listen, b->listen);
	text_same(a->api, b->api);
	text_same(a->self, b->self);
	assert_int_equal(a->peers.count, b->peers.count);
	for (size_t i = 0; i < a->peers.count; i++)
		assert_string_equal(a->peers.items[i], b->peers.items[i]);
	assert_ptr_equal(a->protocol, b->protocol);
	assert_ptr_equal(a->codec, b->codec);
	assert_ptr_equal(a->placement, b->placement);
	assert_int_equal(a->replicas, b->replicas);
	assert_int_equal(a->peer_timeout_ms, b->peer_timeout_ms);
	assert_int_equal(a->health_interval_ms, b->health_interval_ms);
	assert_int_equal(a->drain_ms, b->drain_ms);
	assert_int_equal(a->loads, b->loads);
	assert_int_equal(a->log, b->log);
}

/* Prints, reads that back, and compares. */
static void round_trip(const char *text)
{
	char *first, *second;
	struct conf a, b;

	conf_expect(&a, text);
	first = printed(&a);
	conf_expect(&b, first);
	node_same(&a.node, &b.node);
	assert_int_equal(a.group_count, b.group_count);
	for (size_t i = 0; i < a.group_count; i++)
		group_same(&a.groups[i], &b.groups[i]);
	second = printed(&b);
	assert_string_equal(first, second);
	free(first);
	free(second);
	conf_release(&a);
	conf_release(&b);
}

static void test_what_is_printed_reads_back(void **state)
{
	(void)state;
	round_trip("group a { command = x }");
	round_trip("group include { command = x }\ngroup node { command = y }");
	round_trip("node { loads = 3\n log = error }\n"
	           "group \"o d\\\"d'\\\\ $x \xc3\xa9\" {\n"
	           " command = 'a \"b\" \\'c\\' ${HOME} #d // /* {key}'\n"
	           " capacity = 1.5G\n policy = lru\n ttl = 90s\n"
	           " negative_ttl = 250ms\n timeout = 1.5s\n max_value = 1\n"
	           " stale = 1d\n"
	           " kernel_cache = 0\n loads = 1\n mode = 0\n uid = 12\n"
	           " gid = 13\n not_found_exit = {}\n user = nobody }\n"
	           "group u {\n url = \"http://h/{key}?x=1&y=\\$\"\n"
	           " ttl = origin\n"
	           " header = { \"A: \\\"b\\\"\", \"T:\\tx\" }\n"
	           " user_agent = \"x, y = {z}\"\n insecure = on\n"
	           " connect_timeout = 1ms\n retries = 0\n"
	           " proxy = \"http://p:1\" }\n");
	round_trip("node { listen = \"[::1]:7246\"\n api = \":8080\"\n"
	           " self = \"http://[::1]:7246\"\n"
	           " peers = { \"http://[::1]:7246\", \"https://b/x\" }\n"
	           " protocol = dreamemo\n codec = thrift\n"
	           " placement = jump\n replicas = 3\n peer_timeout = 1.5s\n"
	           " health_interval = 250ms\n drain = 1m }\n"
	           "defaults { hot = 33.3% }\n"
	           "group a { command = x }\n"
	           "group b { command = x\n hot = 0 }\n"
	           "group c { command = x\n hot = 0.1234567 }\n"
	           "group d { command = x\n hot = 1 }\n");
}

/* Every byte a value can have survives; quotes and backslashes, which mean
 * something to a command, are in the test above. */
static void test_every_byte_reads_back(void **state)
{
	char text[2048] = "group a { command = \"x ";
	size_t len = strlen(text);

	(void)state;
	for (int c = 1; c < 256; c++) {
		if (!strchr("\"'\\", c))
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			                        "\\x%02x", c);
	}
	snprintf(text + len, sizeof(text) - len, "\" }");
	round_trip(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(test_everything_has_a_default),
		T(test_url_groups_have_their_own),
		T(test_a_group_wins_over_defaults),
		T(test_peers),
		T(test_the_protocol_decides_the_rest),
		T(test_addresses_to_listen_on),
		T(test_lists),
		T(test_ids_may_be_names),
		T(test_paths_start_from_the_file_that_says_them),
		T(test_odd_directories_are_quoted_for_the_command),
		T(test_the_environment),
		T(test_line_ends_and_byte_order_marks),
		T(test_long_lines),
		T(test_errors_say_where_and_what),
		T(test_policies_are_listed),
		T(test_getters_are_asked),
		T(test_errors_in_includes_name_the_included_file),
		T(test_includes_end),
		T(test_after_an_error_all_is_well),
		T(test_unreadable_files),
		T(test_long_file_names_leave_room_for_the_message),
		T(test_words),
		T(test_bad_words),
		T(test_what_is_printed_reads_back),
		T(test_every_byte_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
