/*
 * How long the longest pause is while a map grows: adds N distinct keys of 8 to 16 bytes one by one
 * and times each, in CPU time.  usage: growth [N]   prints "keys bytes_per_key longest_us over_1ms mean_ns"
 */
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);	/* not what others on the machine take */
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* A key of 8 to 16 letters that no other number has. */
static size_t
make_key(char *key, uint64_t i)
{
	uint64_t bits = i * 0x9e3779b97f4a7c15U;
	size_t len = 8 + (size_t)(bits >> 61) + (i & 1);

	for (size_t k = 0; k < len; k++) {
		key[k] = (char)('a' + (k < 8 ? (i >> (4 * k)) & 15 : bits & 15));
		bits >>= k < 8 ? 0 : 4;
	}
	return len;
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000, slow = 0;
	uint64_t seed[2] = { 0x243f6a8885a308d3U, 0x13198a2e03707344U };
	double longest = 0, begin, at;
	struct map map;

	map_init(&map, sizeof(uint64_t), seed);
	begin = at = now();
	for (uint64_t i = 0; i < n; i++) {
		char key[16];
		size_t len = make_key(key, i);
		uint64_t *value = map_put(&map, key, len);
		double then = at;

		if (value == NULL)
			return 1;
		++*value;
		at = now();
		if (at - then > longest)
			longest = at - then;
		slow += at - then > 1000;
	}
	printf("%u\t%.1f\t%.0f\t%llu\t%.0f\n", map_count(&map),
	    (double)map_bytes(&map) / map_count(&map), longest, (unsigned long long)slow,
	    (at - begin) * 1e3 / (double)n);
	map_free(&map);
	return 0;
}
