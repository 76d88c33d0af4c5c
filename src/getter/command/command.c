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
#include "os/process.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETPRIV       "setpriv --reuid=%u --regid=%u --init-groups --"
#define SETPRIV_WORDS 5
#define USER_VARS     4

struct command {
	struct argv argv; /* with those of setpriv before the command's own */
	size_t program;   /* where in argv these begin */
	const struct command_options *options; /* borrowed */
	char *user_vars[USER_VARS];            /* NULL without `user` */
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

/* For the user that the options tell. */
static int user_set(struct command *c, const char *line, struct reason *why)
{
	const char *name = c->options->user;
	struct passwd pw, *found = NULL;
	char text[16384], *whole;
	int err = getpwnam_r(name, &pw, text, sizeof(text), &found);

	if (!found)
		return reason_set(why, -EINVAL, "unknown user '%s'%s%s", name,
		                  err ? ": " : "", err ? strerror(err) : "");
	if (pw.pw_uid != geteuid() && geteuid() != 0)
		return reason_set(why, -EPERM,
		                  "only root can run commands as user '%s'",
		                  name);
	if (asprintf(&c->user_vars[0], "HOME=%s", pw.pw_dir) < 0 ||
	    asprintf(&c->user_vars[1], "USER=%s", pw.pw_name) < 0 ||
	    asprintf(&c->user_vars[2], "LOGNAME=%s", pw.pw_name) < 0 ||
	    asprintf(&c->user_vars[3], "SHELL=%s",
	             *pw.pw_shell ? pw.pw_shell : "/bin/sh") < 0)
		return reason_oom(why, -ENOMEM);
	if (pw.pw_uid == geteuid())
		return 0;
	if (asprintf(&whole, SETPRIV " %s", pw.pw_uid, pw.pw_gid, line) < 0)
		return reason_oom(why, -ENOMEM);
	argv_release(&c->argv);
	err = argv_split(&c->argv, whole, why);
	free(whole);
	c->program = SETPRIV_WORDS;
	return err;
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
		err = user_set(c, spec->source, why);
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

/* The daemon's environment with ours, up to a NULL, instead of what it has of
 * that name. */
static char **env_make(char *const *own)
{
	size_t count = 0, n = 0, k;
	char **env;

	while (environ[count])
		count++;
	while (own[n])
		n++;
	env = malloc((count + n + 1) * sizeof(*env));
	if (!env)
		return NULL;
	memcpy(env, own, n * sizeof(*env));
	for (size_t i = 0; i < count; i++) {
		for (k = 0; own[k] && !same_variable(own[k], environ[i]);)
			k++;
		if (!own[k])
			env[n++] = environ[i];
	}
	env[n] = NULL;
	return env;
}

static int run(const struct command *c, const struct load *load,
               struct buf *out, struct process_end *end)
{
	char *own[2 + USER_VARS + 1] = { NULL };
	char **argv = argv_fill(&c->argv, load->group, load->key);
	char **env = NULL;
	int err = -ENOMEM;

	end->started = false;
	memcpy(own + 2, c->user_vars, sizeof(c->user_vars));
	if (argv &&
	    asprintf(&own[0], "DREAMFS_KEY=%.*s", (int)load->key.len,
	             load->key.len ? load->key.data : "") >= 0 &&
	    asprintf(&own[1], "DREAMFS_GROUP=%s", load->group) >= 0)
		env = env_make(own);
	if (env)
		err = process_run(argv, env, load->cancel_fd, out, end);
	free(env);
	free(own[1]);
	free(own[0]);
	free(argv);
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

/* What it means that the command ended so; of a failure the reason is "exit
 * status 3: what it said". */
static int translate(const struct command *c, const struct process_end *end,
                     struct reason *why)
{
	const struct exit_codes *exits = &c->options->not_found_exit;
	char how[32], lines[sizeof(why->text) - sizeof(how) - 2];
	int err = -EIO;

	if (end->status == 0)
		return 0;
	for (size_t i = 0; i < exits->count; i++)
		if (end->status == exits->codes[i])
			err = -ENOENT;
	if (end->signal)
		snprintf(how, sizeof(how), "killed by signal %d", end->signal);
	else
		snprintf(how, sizeof(how), "exit status %d", end->status);
	last_lines(end, lines, sizeof(lines));
	return reason_set(why, err, "%s%s%s", how, *lines ? ": " : "", lines);
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
		                 c->argv.words[c->program], strerror(-err));
	else
		err = translate(c, &end, &result->why);
	if (!err) {
		result->value = value_create(&out, &(struct value_meta){ 0 });
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
