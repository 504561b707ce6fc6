/*
 * txns: writes the same made-up card transactions each time it is run, for scripts/bench.
 *
 *	txns NUMBER ACCOUNTS [DELAY]
 *
 * Each account is as likely, and has its own usual amount and twenty merchants; one amount in 200 is
 * five times as large, and a fraud.  With DELAY each is labelled as many transactions later.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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
next(void)
{
	return mix(rng_state += 0x9e3779b97f4a7c15u);
}

static int
is_fraud(uint64_t number)
{
	return mix(number * 3 + 1) % 200 == 0;
}

/* Ten a second from 2026-01-01 on. */
static double
time_of(uint64_t number)
{
	return 1767225600 + (double)number / 10;
}

int
main(int argc, char **argv)
{
	uint64_t number, accounts, delay;

	if (argc < 3)
		errx(2, "usage: txns NUMBER ACCOUNTS [DELAY]");
	number = strtoull(argv[1], NULL, 10);
	accounts = strtoull(argv[2], NULL, 10);
	delay = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	printf("kind,ts,id,account,merchant,amount,label\n");
	for (uint64_t i = 0; i < number; i++) {
		uint64_t account = next() % accounts, usual = 500 + mix(account) % 9500;
		uint64_t merchant = mix(account * 20 + next() % 20) % (accounts + 1000);
		uint64_t cents = usual / 2 + next() % usual;

		cents *= is_fraud(i) ? 5 : 1;
		if (delay > 0 && i >= delay)
			printf("label,%.1f,%llu,,,,%d\n", time_of(i),
			    (unsigned long long)(i - delay), is_fraud(i - delay));
		printf("txn,%.1f,%llu,a%llu,m%llu,%llu.%02llu,\n", time_of(i), (unsigned long long)i,
		    (unsigned long long)account, (unsigned long long)merchant,
		    (unsigned long long)cents / 100, (unsigned long long)cents % 100);
	}
	return 0;
}
