/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/stats/ask.h"
#include "cli/stats/grid.h"
#include "cli/stats/screen.h"
#include "cli/stats/watch.h"

#include "lib/clock.h"
#include "lib/units.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE   2
#define ANSWER_MS    10000
#define INTERVAL_MS  2000
#define INTERVAL_MIN 100
#define INTERVAL_MAX (24 * 3600 * INT64_C(1000))

static const char usage[] = "usage: dreamfs stats MOUNTPOINT|API-URL [--json] "
                            "[--watch[=SECONDS]]\n";
static const char help[] =
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
        "Exit status: 0 success, 1 failure, 2 usage.\n";

struct call {
	struct stats_watch watch;
	bool watches;
};

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "watch", optional_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* Seconds, or a duration with its unit: 0, or -EINVAL, said. */
static int interval_parse(const char *text, int64_t *ms)
{
	char seconds[UNITS_TEXT_MAX];

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

/* 0 and the call; 1 when all is done; -EINVAL for wrong usage, `said` if it was
 * told what is wrong. */
static int call_parse(struct call *call, int argc, char **argv, bool *said)
{
	int c;

	optind = 0; /* main has been here before */
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			call->watch.json = true;
			break;
		case 'w':
			call->watches = true;
			*said = optarg &&
			        interval_parse(optarg,
			                       &call->watch.interval_ms) < 0;
			if (*said)
				return -EINVAL;
			break;
		case 'h':
			printf("%s%s", usage, help);
			return 1;
		case 'V':
			puts("dreamfs " DREAMFS_VERSION);
			return 1;
		default:
			return -EINVAL;
		}
	}
	if (argc - optind != 1)
		return -EINVAL;
	call->watch.place = argv[optind];
	return 0;
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
		                   .width = GRID_WIDE,
		                   .rows = SIZE_MAX };
	struct buf out;
	size_t rows;
	int err;

	if (isatty(STDOUT_FILENO))
		screen_size(&view.width, &rows);
	buf_init(&out, 4 * STATSTEXT_MAX);
	err = json ? stats_json_print(&view, &out)
	           : stats_table_print(&view, &out);
	if (!err &&
	    (fwrite(out.data, 1, out.len, stdout) < out.len || fflush(stdout)))
		err = -errno;
	buf_release(&out);
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
	bool said = false;
	int err;

	setlocale(LC_CTYPE, "");
	err = call_parse(&call, argc, argv, &said);
	if (err > 0)
		return 0;
	if (err == 0)
		return call_run(&call);
	if (!said)
		fputs(usage, stderr);
	return EXIT_USAGE;
}
