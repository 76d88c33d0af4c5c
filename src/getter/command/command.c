/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The getter that runs a program for each key; its standard output is the
 * value.
 *
 * No shell is involved.  posix_spawn(3) cannot change the user, so for
 * `user` the command is run by setpriv(1) of util-linux.
 */
#include "getter/command/argv.h"
#include "getter/command/options.h"
#include "getter/getter.h"
#include "os/log.h"
#include "os/process.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX_WORDS 5 /* of setpriv, see prefix_make() */
#define OWN_VARS     6 /* KEY, GROUP, HOME, USER, LOGNAME, SHELL */
#define USER_VARS    4

struct command {
	struct argv argv;
	const struct command_options *options; /* borrowed */
	bool as_user;                          /* run by setpriv */
	char prefix[PREFIX_WORDS][32];
	char *user_vars[USER_VARS]; /* NULL without `user` */
};

static void command_destroy(void *getter)
{
	struct command *c = getter;

	if (!c)
		return;
	argv_release(&c->argv);
	for (size_t i = 0; i < USER_VARS; i++)
		free(c->user_vars[i]);
	free(c);
}

static int user_vars_make(struct command *c, const struct passwd *pw)
{
	const char *shell = *pw->pw_shell ? pw->pw_shell : "/bin/sh";

	if (asprintf(&c->user_vars[0], "HOME=%s", pw->pw_dir) < 0 ||
	    asprintf(&c->user_vars[1], "USER=%s", pw->pw_name) < 0 ||
	    asprintf(&c->user_vars[2], "LOGNAME=%s", pw->pw_name) < 0 ||
	    asprintf(&c->user_vars[3], "SHELL=%s", shell) < 0)
		return -ENOMEM;
	return 0;
}

static void prefix_make(struct command *c, const struct passwd *pw)
{
	size_t size = sizeof(c->prefix[0]);

	snprintf(c->prefix[0], size, "setpriv");
	snprintf(c->prefix[1], size, "--reuid=%u", (unsigned int)pw->pw_uid);
	snprintf(c->prefix[2], size, "--regid=%u", (unsigned int)pw->pw_gid);
	snprintf(c->prefix[3], size, "--init-groups");
	snprintf(c->prefix[4], size, "--");
	c->as_user = true;
}

static int user_resolve(struct command *c, const char *name, struct reason *why)
{
	struct passwd pw, *found = NULL;
	char text[16384];
	int err = getpwnam_r(name, &pw, text, sizeof(text), &found);

	if (!found)
		return reason_set(why, -EINVAL, "unknown user '%s'%s%s", name,
		                  err ? ": " : "", err ? strerror(err) : "");
	if (pw.pw_uid != geteuid()) {
		if (geteuid() != 0)
			return reason_set(why, -EPERM,
			                  "only root can run commands as "
			                  "user '%s'",
			                  name);
		prefix_make(c, &pw);
	}
	if (user_vars_make(c, &pw) < 0)
		return reason_oom(why, -ENOMEM);
	return 0;
}

static int command_create(void **getter, const struct getter_spec *spec,
                          struct reason *why)
{
	struct command *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return reason_oom(why, -ENOMEM);
	c->options = spec->options;
	err = argv_split(&c->argv, spec->source, why);
	if (!err && c->options->user)
		err = user_resolve(c, c->options->user, why);
	if (err) {
		command_destroy(c);
		return err;
	}
	*getter = c;
	return 0;
}

/* True if both are NAME=… of the same name. */
static bool same_variable(const char *a, const char *b)
{
	size_t len = strcspn(a, "=") + 1;

	return strncmp(a, b, len) == 0;
}

/* The daemon's environment with ours instead of what it has of that name. */
static char **env_make(char *const *own, size_t owns)
{
	size_t count = 0, n = 0;
	char **env;

	while (environ[count])
		count++;
	env = malloc((count + owns + 1) * sizeof(*env));
	if (!env)
		return NULL;
	for (; n < owns; n++)
		env[n] = own[n];
	for (size_t i = 0; i < count; i++) {
		bool replaced = false;

		for (size_t k = 0; k < owns && !replaced; k++)
			replaced = same_variable(own[k], environ[i]);
		if (!replaced)
			env[n++] = environ[i];
	}
	env[n] = NULL;
	return env;
}

/* Runs it with everything filled in.  The words of the command stay where
 * argv_fill() put them; the prefix, if any, goes before in a new vector. */
static int run_words(const struct command *c, char **words, char *const *own,
                     size_t owns, const struct load *load, struct buf *out,
                     struct process_end *end)
{
	size_t skip = c->as_user ? PREFIX_WORDS : 0;
	char **env = env_make(own, owns);
	char **argv = malloc((skip + c->argv.count + 1) * sizeof(*argv));
	int err = -ENOMEM;

	end->started = false;
	if (env && argv) {
		for (size_t i = 0; i < skip; i++)
			argv[i] = (char *)c->prefix[i];
		memcpy(argv + skip, words, (c->argv.count + 1) * sizeof(*argv));
		err = process_run(argv, env, load->cancel_fd, out, end);
	}
	free(argv);
	free(env);
	return err;
}

static int run(const struct command *c, const struct load *load,
               struct buf *out, struct process_end *end)
{
	char **words = argv_fill(&c->argv, load->group, load->key);
	char *key = NULL, *group = NULL, *own[OWN_VARS];
	size_t owns = 0;
	int err = -ENOMEM;

	end->started = false;
	if (words &&
	    asprintf(&key, "DREAMFS_KEY=%.*s", (int)load->key.len,
	             load->key.len ? load->key.data : "") >= 0 &&
	    asprintf(&group, "DREAMFS_GROUP=%s", load->group) >= 0) {
		own[owns++] = key;
		own[owns++] = group;
		for (size_t i = 0; i < USER_VARS && c->user_vars[i]; i++)
			own[owns++] = c->user_vars[i];
		err = run_words(c, words, own, owns, load, out, end);
	}
	free(group);
	free(key);
	free(words);
	return err;
}

/* The last lines of standard error that fit into `size`, joined by "; ". */
static void last_lines(const struct process_end *end, char *out, size_t size)
{
	size_t stop = end->err_len, used = size - 1;

	out[used] = '\0';
	while (stop > 0) {
		size_t start = stop, len;

		while (start > 0 && end->err[start - 1] != '\n')
			start--;
		for (len = stop - start;
		     len && strchr(" \t\r", end->err[start + len - 1]);)
			len--;
		stop = start > 0 ? start - 1 : 0;
		if (len == 0)
			continue;
		if (used < len + 2 && out[used])
			break;
		if (out[used])
			memcpy(out + (used -= 2), "; ", 2);
		len = len < used ? len : used;
		memcpy(out + (used -= len), end->err + start, len);
	}
	for (char *c = out + used; c < out + size - 1; c++)
		*c = *c ? *c : ' ';
	memmove(out, out + used, size - used);
}

/* "exit status 3: what it said", in the reason; returns `err`. */
static int explain(const struct process_end *end, int err, struct reason *why)
{
	char how[32], lines[sizeof(why->text) - sizeof(how) - 2];

	if (end->signal)
		snprintf(how, sizeof(how), "killed by signal %d", end->signal);
	else
		snprintf(how, sizeof(how), "exit status %d", end->status);
	last_lines(end, lines, sizeof(lines));
	return reason_set(why, err, "%s%s%s", how, *lines ? ": " : "", lines);
}

static int translate(const struct command *c, const struct process_end *end,
                     struct reason *why)
{
	const struct exit_codes *exits = &c->options->not_found_exit;

	if (end->status == 0)
		return 0;
	for (size_t i = 0; i < exits->count; i++)
		if (end->status == exits->codes[i])
			return explain(end, -ENOENT, why);
	return explain(end, -EIO, why);
}

static int command_get(void *getter, const struct load *load,
                       struct load_result *result)
{
	const struct command *c = getter;
	struct process_end end;
	struct buf out;
	int err;

	if (load->key.len && memchr(load->key.data, '\0', load->key.len))
		return reason_set(&result->why, -EIO,
		                  "a key with a NUL byte cannot be given to "
		                  "a command");
	buf_init(&out, load->max_value);
	err = run(c, load, &out, &end);
	if (err == -EFBIG)
		reason_set(&result->why, err, "more output than %zu bytes",
		           load->max_value);
	else if (err == -ECANCELED)
		reason_set(&result->why, err, "cancelled");
	else if (err)
		err = reason_set(&result->why, -EIO, "cannot %s '%s': %s",
		                 end.started ? "run" : "start",
		                 c->argv.words[0], strerror(-err));
	else
		err = translate(c, &end, &result->why);
	if (!err) {
		result->value = value_create(&out, &(struct value_meta){ 0 });
		result->ttl_ms = TTL_DEFAULT;
		if (!result->value)
			err = reason_oom(&result->why, -EIO);
	}
	buf_release(&out);
	return err;
}

static void command_warn_of_root(const struct getter_spec *spec,
                                 const char *whom, getter_say say, void *arg)
{
	const struct command_options *o = spec->options;
	struct reason line;

	if (o->user)
		return;
	reason_set(&line, 0, "runs its command as root for %s: say user = NAME",
	           whom);
	say(arg, line.text);
}

const struct getter_ops getter_command = {
	.source = OPTION("command", &command_line, struct getter_spec, source,
	                 .example = "echo hello {key}",
	                 .about = "words, not for a shell; {key} and "
	                          "{group} are filled in"),
	.options = command_options,
	.options_size = sizeof(struct command_options),
	.create = command_create,
	.destroy = command_destroy,
	.get = command_get,
	.warn_of_root = command_warn_of_root,
};
