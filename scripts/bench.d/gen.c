/*
 * gen: writes the same made-up text each time it is run, for scripts/bench.
 *
 *	gen zipf|uniform TOKENS KEYS
 *
 * Tokens are drawn from KEYS keys of 8 to 16 characters, 8 tokens a line. "uniform" draws each
 * key alike; "zipf" draws the key of rank k with a probability proportional to ln(1 + 1/k), which
 * is Zipf's law with exponent 1. The answer to check against goes to stderr, as one line:
 * tokens, distinct keys that were drawn, bytes.
 */
#include <err.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_A_LINE = 8, KEY_MIN = 8, KEY_MAX = 16, OUT_SIZE = 1 << 20 };

static uint64_t rng_state = 20261122;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the mixing step, a bijection on 64 bits. */
static uint64_t
mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t
rng_next(void)
{
	rng_state += 0x9e3779b97f4a7c15u;
	return mix(rng_state);
}

/* A number in [0, 1). */
static double
rng_unit(void)
{
	return (double)(rng_next() >> 11) * 0x1p-53;
}

/*
 * Writes the key of the given rank (below 2^40) and returns its length. The first 8 characters
 * are a bijection of the rank in base 32, so that two ranks never share a key.
 */
static size_t
key_write(char *out, uint64_t rank)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	const uint64_t mask = (UINT64_C(1) << 40) - 1;
	uint64_t head = rank * 0x9e3779b97fu & mask;
	uint64_t tail = mix(rank + 1);
	size_t length = KEY_MIN + (tail >> 40) % (KEY_MAX - KEY_MIN + 1);

	head ^= head >> 20;
	for (int i = 0; i < KEY_MIN; i++)
		out[i] = digits[head >> (5 * i) & 31];
	for (int i = KEY_MIN; i < KEY_MAX; i++)
		out[i] = digits[tail >> (5 * (i - KEY_MIN)) & 31];
	return length;
}

static uint64_t
number_or_die(const char *word)
{
	char *end;
	unsigned long long n = strtoull(word, &end, 10);

	if (*end != '\0' || n == 0 || n >> 40 != 0)
		errx(2, "not a number from 1 to 2^40: %s", word);
	return n;
}

int
main(int argc, char **argv)
{
	static char out[OUT_SIZE + KEY_MAX + 1];
	uint64_t tokens, keys, distinct = 0, bytes = 0;
	size_t used = 0;
	unsigned char *seen;

	if (argc != 4 || (strcmp(argv[1], "zipf") != 0 && strcmp(argv[1], "uniform") != 0))
		errx(2, "usage: gen zipf|uniform TOKENS KEYS");
	tokens = number_or_die(argv[2]);
	keys = number_or_die(argv[3]);
	seen = calloc(keys, 1);
	if (seen == NULL)
		err(1, "memory");

	const int zipf = argv[1][0] == 'z';
	const double log_keys = log((double)keys + 1);
	for (uint64_t i = 1; i <= tokens; i++) {
		uint64_t rank = zipf ? (uint64_t)exp(rng_unit() * log_keys) - 1
		    : (uint64_t)(rng_unit() * (double)keys);

		if (rank >= keys)
			rank = keys - 1;
		distinct += seen[rank] == 0;
		seen[rank] = 1;
		used += key_write(out + used, rank);
		out[used++] = i % TOKENS_A_LINE == 0 || i == tokens ? '\n' : ' ';
		if (used < OUT_SIZE && i < tokens)
			continue;
		if (fwrite(out, 1, used, stdout) != used)
			err(1, "write");
		bytes += used;
		used = 0;
	}
	if (fflush(stdout) != 0)
		err(1, "write");
	fprintf(stderr, "%llu %llu %llu\n", (unsigned long long)tokens,
	    (unsigned long long)distinct, (unsigned long long)bytes);
	free(seen);
	return 0;
}
