/*
 * beat: what the machine itself can do, to judge the program's figures by, for scripts/bench.
 *
 *	beat tick MILLISECONDS SECONDS	waits for each multiple of an interval with a bare timer and
 *					prints boundaries, missed ones, and the median, 99th
 *					percentile and greatest lateness in microseconds
 *	beat spin			a fixed amount of computing, in no memory to speak of
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
sleep_until(int64_t ns)
{
	const struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
tick(int64_t interval, int64_t seconds)
{
	const int64_t all = seconds * 1000000000 / interval;
	const int64_t first = now_ns() / interval + 1;
	int64_t *late = calloc((size_t)all, sizeof(*late));
	int64_t woken = 0, reached = first;

	if (late == NULL)
		err(1, "memory");
	while (reached < first + all) {
		sleep_until(reached * interval);
		late[woken++] = now_ns() - reached * interval;
		int64_t next = now_ns() / interval + 1;
		reached = next > reached ? next : reached + 1;
	}
	qsort(late, (size_t)woken, sizeof(*late), compare);
	printf("%lld %lld %.1f %.1f %.1f\n", (long long)(reached - first),
	    (long long)(reached - first - woken), (double)late[woken / 2] / 1e3,
	    (double)late[woken * 99 / 100] / 1e3, (double)late[woken - 1] / 1e3);
	free(late);
}

static void
spin(void)
{
	uint64_t x = (uint64_t)now_ns();

	for (int i = 0; i < 1000000000; i++)
		x = (x ^ x >> 29) * 0x9e3779b97f4a7c15u;
	if (x == 0)
		puts("zero");
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "tick") == 0 && atoi(argv[2]) > 0 && atoi(argv[3]) > 0)
		tick((int64_t)atoi(argv[2]) * 1000000, atoi(argv[3]));
	else if (argc == 2 && strcmp(argv[1], "spin") == 0)
		spin();
	else
		errx(2, "usage: beat tick MILLISECONDS SECONDS | beat spin");
	return 0;
}
