/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/stats/ask.h"
#include "cli/stats/screen.h"
#include "cli/stats/watch.h"

#include "lib/clock.h"
#include "lib/units.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS    10000
#define INTERVAL_MS  2000
#define INTERVAL_MIN 100
#define INTERVAL_MAX (24 * 3600 * INT64_C(1000))

static const struct cli_syntax syntax = {
	"usage: dreamfs stats MOUNTPOINT|API-URL [--json] "
	"[--watch[=SECONDS]]\n",
	"\n"
	"Shows what every group of a node did and holds, and its peers: of a\n"
	"mounted node by its mount point, of any by the URL of its API.\n"
	"\n"
	"      --json     one JSON document\n"
	"      --watch[=SECONDS]\n"
	"                 again every so often (2s); on a terminal q ends it\n"
	"  -h, --help     print this\n"
	"      --version  print the version\n"
	"\n"
	"HIT% is the share of GETS answered from the cache; PEER and LOCAL "
	"are\n"
	"values that came from peers and from the getter; ERRS, loads that\n"
	"failed, for a key that does not exist too.  Rates are since the "
	"node's\n"
	"start, or over the time between two looks.\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 usage.\n",
	1, 1
};

struct call {
	struct stats_watch watch;
	bool watches;
};

/* Seconds, or a duration with its unit. */
static int take_watch(void *to, const char *text)
{
	struct call *call = to;
	int64_t *ms = &call->watch.interval_ms;
	char seconds[UNITS_TEXT_MAX];

	call->watches = true;
	if (!text)
		return 0;
	snprintf(seconds, sizeof(seconds), "%ss", text);
	if (duration_parse(text, ms) != 0 && duration_parse(seconds, ms) != 0)
		*ms = -1;
	if (*ms >= INTERVAL_MIN && *ms <= INTERVAL_MAX)
		return 0;
	fprintf(stderr,
	        "dreamfs: '--watch=%s': an interval is 0.1 to 86400 seconds\n",
	        text);
	return -EINVAL;
}

/* One answer, but not for ever. */
static int ask_once(const char *place, struct stats_sample *out,
                    struct reason *why)
{
	int64_t end = clock_now_ms() + ANSWER_MS, left;
	struct stats_ask ask = { .fd = -1 };
	int err = stats_ask_begin(&ask, place, why);

	if (err)
		return err;
	err = -EAGAIN;
	while (err == -EAGAIN && (left = end - clock_now_ms()) > 0) {
		struct pollfd fd = { .fd = ask.fd, .events = POLLIN };

		if (poll(&fd, 1, (int)left) > 0)
			err = stats_ask_take(&ask, out, why);
	}
	if (err != -EAGAIN)
		return err;
	stats_ask_abort(&ask);
	return reason_set(why, -ETIMEDOUT, "'%s' does not answer", place);
}

static int sample_show(const struct stats_sample *sample, bool json,
                       struct reason *why)
{
	struct stats_view view = { .now = sample,
		                   .width = SCREEN_WIDE,
		                   .rows = SIZE_MAX };
	size_t rows;
	int err;

	if (isatty(STDOUT_FILENO))
		screen_size(&view.width, &rows);
	err = stats_view_write(&view, json);
	return err ? reason_set(why, err, "cannot write: %s", strerror(-err))
	           : 0;
}

static int call_run(const struct call *call)
{
	struct reason why = { "" };
	struct stats_sample sample;
	int err = ask_once(call->watch.place, &sample, &why);

	if (!err && call->watches)
		return stats_watch(&call->watch, &sample);
	if (!err) {
		err = sample_show(&sample, call->watch.json, &why);
		statstext_release(&sample.text);
	}
	if (err)
		fprintf(stderr, "dreamfs: %s\n", why.text);
	return err ? 1 : 0;
}

int cli_stats(int argc, char **argv)
{
	struct call call = { .watch = { .interval_ms = INTERVAL_MS } };
	const struct cli_option options[] = {
		{ 0, "json", no_argument, option_set, &call.watch.json },
		{ 0, "watch", optional_argument, take_watch, &call },
		{ 0 },
	};
	int status = options_parse(&syntax, options, argc, argv);

	if (status != OPTIONS_GO_ON)
		return status;
	setlocale(LC_CTYPE, "");
	call.watch.place = argv[optind];
	return call_run(&call);
}
