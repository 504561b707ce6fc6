/*
 * gen: writes the same made-up text each time it is run, for scripts/bench.
 *
 *	gen zipf|uniform|distinct|csv NUMBER KEYS
 *
 * Tokens are drawn from KEYS keys of 8 to 16 characters, 8 tokens a line. "uniform" draws each
 * key alike; "zipf" draws the key of rank k with a probability proportional to ln(1 + 1/k), which
 * is Zipf's law with exponent 1. "distinct" takes the keys in turn, one a line. "csv" writes rows
 * under a header: a key, k0 and on, each as likely, and an amount below 1000 with two decimals.
 * The answer to check against goes to stderr, as one line: tokens or rows, distinct keys that were
 * drawn, bytes.
 */
#include <err.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS_A_LINE = 8, KEY_MIN = 8, KEY_MAX = 16, ITEM_MAX = 64, OUT_SIZE = 1 << 20 };
enum kind { ZIPF, UNIFORM, DISTINCT, CSV };

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

static size_t
row_write(char *out, uint64_t rank)
{
	uint64_t cents = (uint64_t)(rng_unit() * 100000);

	return (size_t)sprintf(out, "k%llu,%llu.%02llu\n", (unsigned long long)rank,
	    (unsigned long long)(cents / 100), (unsigned long long)(cents % 100));
}

/* The rank of the Ith token, below KEYS. */
static uint64_t
rank_draw(enum kind kind, uint64_t i, uint64_t keys)
{
	uint64_t rank;

	if (kind == DISTINCT)
		return i % keys;
	rank = kind == ZIPF ? (uint64_t)exp(rng_unit() * log((double)keys + 1)) - 1
	    : (uint64_t)(rng_unit() * (double)keys);
	return rank < keys ? rank : keys - 1;
}

static enum kind
kind_or_die(const char *word)
{
	static const char *const names[] = { "zipf", "uniform", "distinct", "csv" };

	for (unsigned k = 0; k < 4; k++)
		if (strcmp(word, names[k]) == 0)
			return (enum kind)k;
	errx(2, "not zipf, uniform, distinct or csv: %s", word);
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
	static char out[OUT_SIZE + ITEM_MAX];
	uint64_t tokens, keys, distinct = 0, bytes = 0;
	size_t used = 0;
	unsigned char *seen;
	enum kind kind;

	if (argc != 4)
		errx(2, "usage: gen zipf|uniform|distinct|csv NUMBER KEYS");
	kind = kind_or_die(argv[1]);
	tokens = number_or_die(argv[2]);
	keys = number_or_die(argv[3]);
	seen = calloc(keys, 1);
	if (seen == NULL)
		err(1, "memory");
	if (kind == CSV)
		used = (size_t)sprintf(out, "key,amount\n");

	const uint64_t a_line = kind == DISTINCT ? 1 : TOKENS_A_LINE;
	for (uint64_t i = 0; i < tokens; i++) {
		uint64_t rank = rank_draw(kind, i, keys);

		distinct += seen[rank] == 0;
		seen[rank] = 1;
		if (kind == CSV) {
			used += row_write(out + used, rank);
		} else {
			used += key_write(out + used, rank);
			out[used++] = (i + 1) % a_line == 0 || i + 1 == tokens ? '\n' : ' ';
		}
		if (used < OUT_SIZE && i + 1 < tokens)
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
