/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "getter/url/awskeys.h"

#include <errno.h>
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
#define PAIR(id, secret) \
	"aws_access_key_id = " id "\naws_secret_access_key = " secret "\n"

static char home[] = "/tmp/dreamfs-keys-XXXXXX";

static void text_write(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
}

static void expect(const char *text, const char *profile, const char *access,
                   const char *secret, const char *token)
{
	struct reason why = { "" };
	struct awskeys keys;

	if (awskeys_parse(&keys, text, strlen(text), profile, "f", &why))
		fail_msg("%s: %s", text, why.text);
	assert_string_equal(keys.access, access);
	assert_string_equal(keys.secret, secret);
	assert_string_equal(keys.token, token);
}

static void refuse(const char *text, size_t len, const char *want)
{
	struct reason why = { "" };
	struct awskeys keys;

	assert_int_equal(awskeys_parse(&keys, text, len, "default", "f", &why),
	                 -EINVAL);
	if (!strstr(why.text, want))
		fail_msg("'%s' has no '%s'", why.text, want);
	assert_null(strstr(why.text, "SECRET"));
	assert_string_equal(keys.access, "");
	assert_string_equal(keys.secret, "");
}

static void reads_profiles(void **state)
{
	static const char two[] = "[a]\n" PAIR("A", "B") "[ b ]\n" PAIR(
	        "C", "D") "aws_session_token = E\n";

	(void)state;
	expect("[default]\n" PAIR("A", "B"), "default", "A", "B", "");
	expect(two, "a", "A", "B", "");
	expect(two, "b", "C", "D", "E");
	/* No line end, CRLF, blanks, comments, a mark in front. */
	expect("\xef\xbb\xbf# x\r\n[default] # y\r\n;z\r\n\r\n"
	       "aws_secret_access_key=a/b+c==\t; note\r\n"
	       "aws_access_key_id\t=  A#1;2 # note",
	       "default", "A#1;2", "a/b+c==", "");
	/* What is for others. */
	expect("region = eu\njunk\n[x]\njunk\n[default]\nregion = eu\n"
	       "s3 =\n  max = 1\n  aws_access_key_id = no\n" PAIR("A", "B"),
	       "default", "A", "B", "");
	/* The last word counts, also of a profile that comes twice. */
	expect("[d]\n" PAIR("A", "B") "[x]\n[d]\naws_access_key_id=C\n", "d",
	       "C", "B", "");
}

static void refuses_what_is_none(void **state)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
		{ "", "no profile 'default' in 'f'" },
		{ "\n\n[other]\n", "no profile 'default' in 'f'" },
		{ PAIR("A", "SECRET"), "no profile 'default' in 'f'" },
		{ "[default]\n", "no aws_access_key_id for profile" },
		{ "[default]\naws_access_key_id=A\n",
		  "no aws_secret_access_key for profile 'default' in 'f'" },
		{ "[default\n", "f:1: no ']'" },
		{ "[default]\n\nSECRET\n", "f:3: neither" },
		{ "[default]\naws_access_key_id =\n", "f:2: this is not a" },
		{ "[default]\naws_access_key_id = # x\n", "f:2: this is not" },
		{ "[default]\naws_secret_access_key = SECRET x\n",
		  "f:2: this is not a key" },
		{ "[default]\naws_secret_access_key = SECRET\x01\n", "f:2: " },
		{ "[default]\naws_secret_access_key = SECRET\xc3\xa9\n",
		  "f:2: " },
	};
	char *large = malloc(AWSKEYS_MAX + 64);

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		refuse(bad[i].text, strlen(bad[i].text), bad[i].want);
	refuse("[default]\naws_access_key_id = A\0B\n", 35, "f:2: ");
	assert_non_null(large);
	snprintf(large, 64, "[default]\naws_session_token=");
	memset(large + strlen(large), 'x', AWSKEYS_MAX);
	refuse(large, strlen("[default]\naws_session_token=") + AWSKEYS_MAX,
	       "f:2: ");
	free(large);
}

static void found(const char *file, const char *profile, const char *access)
{
	struct reason why = { "" };
	struct awskeys keys;

	if (awskeys_read(&keys, file, profile, -1, &why))
		fail_msg("%s", why.text);
	assert_string_equal(keys.access, access);
	awskeys_release(&keys);
	assert_string_equal(keys.secret, "");
}

static void not_found(const char *file, const char *profile, int err,
                      const char *want)
{
	struct reason why = { "" };
	struct awskeys keys;

	assert_int_equal(awskeys_read(&keys, file, profile, -1, &why), err);
	if (!strstr(why.text, want))
		fail_msg("'%s' has no '%s'", why.text, want);
}

static void looks_where_aws_looks(void **state)
{
	(void)state;
	unsetenv("HOME");
	not_found(NULL, NULL, -ENOENT, "no AWS_ACCESS_KEY_ID");
	setenv("HOME", home, 1);
	not_found(NULL, NULL, -ENOENT, "/.aws/credentials': No such file");
	assert_int_equal(mkdir(".aws", 0700), 0);
	text_write(".aws/credentials",
	           "[default]\n" PAIR("HOME", "x") "[p]\n" PAIR("HOMEP", "x"));
	found(NULL, NULL, "HOME");
	found(NULL, "p", "HOMEP");
	setenv("AWS_PROFILE", "p", 1);
	found(NULL, NULL, "HOMEP");
	setenv("AWS_PROFILE", "nobody", 1);
	not_found(NULL, NULL, -EINVAL, "no profile 'nobody'");
	found(NULL, "p", "HOMEP");
	unsetenv("AWS_PROFILE");

	text_write("shared", "[default]\n" PAIR("SHARED", "x"));
	setenv("AWS_SHARED_CREDENTIALS_FILE", "~/shared", 1);
	found(NULL, NULL, "SHARED");
	setenv("AWS_SHARED_CREDENTIALS_FILE", "shared", 1);
	found(NULL, NULL, "SHARED");

	setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
	not_found(NULL, NULL, -EINVAL, "no AWS_SECRET_ACCESS_KEY in the env");
	setenv("AWS_SECRET_ACCESS_KEY", "a b", 1);
	not_found(NULL, NULL, -EINVAL, "AWS_SECRET_ACCESS_KEY");
	setenv("AWS_SECRET_ACCESS_KEY", "x", 1);
	found(NULL, NULL, "ENV");
	/* What was said in the configuration wins. */
	found("shared", NULL, "SHARED");
	found(".aws/credentials", "p", "HOMEP");
	not_found("nowhere", NULL, -ENOENT, "cannot open 'nowhere'");
	not_found(NULL, "p", -EINVAL, "no profile 'p'");
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
	found(NULL, "p", "HOMEP");

	/* Anew each time. */
	text_write("shared", "[default]\n" PAIR("NEXT", "x"));
	found("shared", NULL, "NEXT");
}

static int setup(void **state)
{
	(void)state;
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	unsetenv("AWS_SESSION_TOKEN");
	unsetenv("AWS_SHARED_CREDENTIALS_FILE");
	unsetenv("AWS_PROFILE");
	return mkdtemp(home) && chdir(home) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	unlink(".aws/credentials");
	rmdir(".aws");
	unlink("shared");
	return chdir("/") == 0 ? rmdir(home) : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_profiles),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(looks_where_aws_looks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
