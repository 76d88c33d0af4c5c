/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/stats/ask.h"
#include "cli/stats/screen.h"
#include "cli/stats/view.h"

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

/* Seconds, or a duration with its unit. */
static int take_watch(void *to, const char *text)
{
	int64_t *ms = to;
	char seconds[UNITS_TEXT_MAX];

	if (!text) {
		*ms = *ms ? *ms : INTERVAL_MS;
		return 0;
	}
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

int cli_stats(int argc, char **argv)
{
	struct stats_watch call = { .interval_ms = 0 }; /* 0: only once */
	const struct cli_option options[] = {
		{ 0, "json", no_argument, option_set, &call.json },
		{ 0, "watch", optional_argument, take_watch,
		  &call.interval_ms },
		{ 0 },
	};
	int status = options_parse(&syntax, options, argc, argv), err;
	struct reason why = { "" };
	struct stats_sample sample;
	struct stats_view view = { .now = &sample,
		                   .width = SCREEN_WIDE,
		                   .rows = SIZE_MAX };
	size_t rows;

	if (status != OPTIONS_GO_ON)
		return status;
	setlocale(LC_CTYPE, "");
	call.place = argv[optind];
	err = ask_once(call.place, &sample, &why);
	if (!err && call.interval_ms)
		return stats_watch(&call, &sample);
	if (!err) {
		if (isatty(STDOUT_FILENO))
			screen_size(&view.width, &rows);
		err = stats_view_write(&view, call.json);
		if (err)
			reason_set(&why, err, "cannot write: %s",
			           strerror(-err));
		statstext_release(&sample.text);
	}
	if (err)
		fprintf(stderr, "dreamfs: %s\n", why.text);
	return err ? 1 : 0;
}
