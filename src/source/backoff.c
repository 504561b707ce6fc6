/* Waits that grow, see backoff.h. */
#include "source/backoff.h"

/* splitmix64 (Steele, Lea, Flood 2014): good from any seed, zero included. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void
backoff_start(struct backoff *b, uint64_t seed)
{
	b->random = seed;
	backoff_reset(b);
}

int64_t
backoff_next(struct backoff *b)
{
	int64_t half = b->whole / 2;
	uint64_t spread = next_random(&b->random) % (uint64_t)(b->whole - half + 1);

	b->whole = b->whole > BACKOFF_LONGEST / 2 ? BACKOFF_LONGEST : b->whole * 2;
	return half + (int64_t)spread;
}

void
backoff_reset(struct backoff *b)
{
	b->whole = BACKOFF_FIRST;
}
