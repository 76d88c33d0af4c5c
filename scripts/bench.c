/* SPDX-FileCopyrightText: The dreamfs authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What scripts/bench measures, against the same files on tmpfs.
 *
 *     bench make DIR COUNT           COUNT files of 1 KiB, named 0, 1, …
 *     bench files TMPFS DREAM COUNT  open+read+close at random
 *     bench blocked DREAM COUNT SLOW READERS
 *                                    p99 of warm reads beside blocked ones
 *     bench big TMPFS DREAM          one large file, read and read again
 *     bench keys DREAM COUNT PID     the daemon's memory, key by key
 *
 * Absolute figures drift from minute to minute, so both sides are measured
 * in turn, the order changing with each round, and what is printed is the
 * median of the rounds' ratios: a line `NAME<TAB>VALUE<TAB>DETAIL` each.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS      7
#define READS       10 /* of each file, a thread and round */
#define FILE_BYTES  1024
#define CHUNK       (1 << 20)
#define MAX_THREADS 2

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(double *values, size_t n, double q)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[(size_t)((double)(n - 1) * q)];
}

static long number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n < 1)
		errx(2, "not a number: '%s'", text);
	return n;
}

/* One open+read+close; returns the bytes read, -1 and errno. */
static ssize_t read_small(const char *dir, unsigned long name)
{
	char path[PATH_MAX], data[2 * FILE_BYTES];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%lu", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, data, sizeof(data));
	close(fd);
	return n;
}

static void read_all(const char *dir, long count)
{
	for (long i = 0; i < count; i++)
		if (read_small(dir, (unsigned long)i) != FILE_BYTES)
			err(1, "cannot read '%s/%ld'", dir, i);
}

static int make(char **argv)
{
	long count = number(argv[1]);
	char data[FILE_BYTES], first[PATH_MAX], path[PATH_MAX];
	int fd;

	memset(data, 'x', sizeof(data));
	snprintf(first, sizeof(first), "%s/0", argv[0]);
	fd = open(first, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data, sizeof(data)) != sizeof(data))
		err(1, "cannot write '%s'", first);
	close(fd);
	/* Further names for the same bytes, which saves memory. */
	for (long i = 1; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%ld", argv[0], i);
		if (link(first, path) < 0)
			err(1, "cannot link '%s'", path);
	}
	return 0;
}

struct reader {
	const char *dir;
	long count;
	uint32_t seed;
	double *took; /* optional: the durations */
};

static void *read_random(void *arg)
{
	struct reader *r = arg;
	uint32_t x = r->seed;

	for (long i = 0; i < READS * r->count; i++) {
		int64_t began = r->took ? now_ns() : 0;

		x = x * 1664525 + 1013904223;
		if (read_small(r->dir, (x >> 8) % (unsigned long)r->count) < 0)
			err(1, "cannot read in '%s'", r->dir);
		if (r->took)
			r->took[i] = (double)(now_ns() - began);
	}
	return NULL;
}

/* Reads a second by so many threads. */
static double speed(const char *dir, long count, int threads)
{
	pthread_t ids[MAX_THREADS];
	struct reader readers[MAX_THREADS];
	int64_t began = now_ns();

	for (int i = 0; i < threads; i++) {
		readers[i] =
		        (struct reader){ dir, count, (uint32_t)i + 1, NULL };
		if (pthread_create(&ids[i], NULL, read_random, &readers[i]))
			errx(1, "cannot start a thread");
	}
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 1e9 * (double)(READS * count * threads) /
	       (double)(now_ns() - began);
}

static int files(char **argv)
{
	long count = number(argv[2]);

	read_all(argv[0], count);
	read_all(argv[1], count);
	for (int threads = 1; threads <= MAX_THREADS; threads++) {
		double ratio[ROUNDS], dream[ROUNDS];

		for (int i = 0; i < ROUNDS; i++) {
			double first = speed(argv[i % 2], count, threads);
			double second = speed(argv[1 - i % 2], count, threads);

			dream[i] = i % 2 ? first : second;
			ratio[i] = dream[i] / (i % 2 ? second : first);
		}
		printf("open+read+close, %d thread%s\t%.2f\t%.0f/s\n", threads,
		       threads > 1 ? "s" : "", quantile(ratio, ROUNDS, 0.5),
		       quantile(dream, ROUNDS, 0.5));
	}
	return 0;
}

static double p99(const char *dir, long count)
{
	double *took = calloc((size_t)(READS * count), sizeof(*took)), found;
	struct reader r = { dir, count, 1, took };

	if (!took)
		err(1, "no memory");
	read_random(&r);
	found = quantile(took, (size_t)(READS * count), 0.99);
	free(took);
	return found;
}

static void on_signal(int number_)
{
	(void)number_; /* to interrupt open(2) is all */
}

static void *read_blocked(void *arg)
{
	struct reader *r = arg;

	if (read_small(r->dir, r->seed) >= 0 || errno != EINTR)
		warn("'%s/%u' did not block", r->dir, r->seed);
	return NULL;
}

static int blocked(char **argv)
{
	long count = number(argv[1]), n = number(argv[3]);
	struct reader *slow = calloc((size_t)n, sizeof(*slow));
	pthread_t *ids = calloc((size_t)n, sizeof(*ids));
	double ratio[ROUNDS], busy[ROUNDS];
	struct sigaction act = { .sa_handler = on_signal };
	pthread_attr_t small;

	if (!slow || !ids)
		err(1, "no memory");
	sigaction(SIGUSR1, &act, NULL);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 * 1024);
	read_all(argv[0], count);
	for (int i = 0; i < ROUNDS; i++) {
		double idle = p99(argv[0], count);

		for (long j = 0; j < n; j++) {
			slow[j] = (struct reader){ argv[2], 0, (uint32_t)j,
				                   NULL };
			if (pthread_create(&ids[j], &small, read_blocked,
			                   &slow[j]))
				errx(1, "cannot start a thread");
		}
		sleep(1); /* they block */
		busy[i] = p99(argv[0], count);
		ratio[i] = busy[i] / idle;
		for (long j = 0; j < n; j++)
			pthread_kill(ids[j], SIGUSR1);
		for (long j = 0; j < n; j++)
			pthread_join(ids[j], NULL);
		sleep(1); /* the daemon ends their loads */
	}
	printf("p99 beside %ld blocked readers\t%.2f\t%.1f us\n", n,
	       quantile(ratio, ROUNDS, 0.5),
	       quantile(busy, ROUNDS, 0.5) / 1000);
	free(slow);
	free(ids);
	return 0;
}

/* Bytes a nanosecond, which is GB/s. */
static double read_big(const char *path)
{
	static char chunk[CHUNK];
	int64_t began, total = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		err(1, "cannot open '%s'", path);
	began = now_ns();
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		total += n;
	if (n < 0)
		err(1, "cannot read '%s'", path);
	close(fd);
	return (double)total / (double)(now_ns() - began);
}

static int big(char **argv)
{
	double ratio[ROUNDS], dream[ROUNDS], tmpfs, first;
	struct stat st;

	memset(ratio, 0, sizeof(ratio));
	if (stat(argv[1], &st) < 0) /* loads it, and reads nothing */
		err(1, "cannot load '%s'", argv[1]);
	read_big(argv[0]);
	tmpfs = read_big(argv[0]);
	first = read_big(argv[1]);
	printf("first read of %lld MiB\t%.2f\t%.1f GB/s\n",
	       (long long)st.st_size >> 20, first / tmpfs, first);
	for (int i = 0; i < ROUNDS; i++) {
		double one = read_big(argv[i % 2]);
		double two = read_big(argv[1 - i % 2]);

		dream[i] = i % 2 ? one : two;
		ratio[i] = dream[i] / (i % 2 ? two : one);
	}
	printf("re-read of %lld MiB\t%.2f\t%.1f GB/s\n",
	       (long long)st.st_size >> 20, quantile(ratio, ROUNDS, 0.5),
	       quantile(dream, ROUNDS, 0.5));
	return 0;
}

/* Resident memory in MiB. */
static double resident(long pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	f = fopen(path, "re");
	if (!f)
		err(1, "cannot open '%s'", path);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	fclose(f);
	return (double)kib / 1024;
}

static int keys(char **argv)
{
	long count = number(argv[1]), pid = number(argv[2]);
	double base = resident(pid), late = 0, end;

	for (long i = 0; i < count; i++) {
		if (read_small(argv[0], (unsigned long)i) != FILE_BYTES)
			err(1, "cannot read '%s/%ld'", argv[0], i);
		if (i == count * 3 / 4)
			late = resident(pid);
	}
	end = resident(pid);
	printf("memory for %ld keys, MiB\t%.0f\tbase %.0f\n", count, end - base,
	       base);
	printf("growth in the last quarter, MiB\t%.1f\t\n", end - late);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		int (*run)(char **argv);
	} table[] = {
		{ "make", 2, make },       { "files", 3, files },
		{ "blocked", 4, blocked }, { "big", 2, big },
		{ "keys", 3, keys },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (argc == table[i].args + 2 &&
		    strcmp(argv[1], table[i].name) == 0)
			return table[i].run(argv + 2);
	errx(2, "usage: bench make|files|blocked|big|keys ARGUMENTS");
}
