/* At most so many records a second, see bucket.h. */
#include "core/bucket.h"

#define RECORD 1000000			/* of the level */
#define STEP_US 5000			/* waited for at least, unless records are rarer */
#define IDLE_US 10000			/* of time without input that counts */
#define LATE_US 250000			/* of time waited for that counts */
#define ELAPSED_MOST 1000000000		/* microseconds; times BUCKET_MOST fits */
#define FEW 16				/* records: with no more than that care comes first */

void
bucket_open(struct bucket *b, uint64_t rate, int64_t now)
{
	*b = (struct bucket){ .rate = (int64_t)rate, .level = RECORD, .last = now };
}

static int64_t
at_least_one(int64_t level)
{
	return level > RECORD ? level : RECORD;
}

static void
refill(struct bucket *b, int64_t now)
{
	int64_t elapsed = now - b->last, most = at_least_one(b->rate * IDLE_US);

	if (b->waiting)
		most += b->rate * LATE_US;
	if (most < b->level)
		most = b->level;	/* what was waited for is not taken away again */
	b->last = now;
	if (elapsed > ELAPSED_MOST)
		elapsed = ELAPSED_MOST;
	b->level += elapsed * b->rate;
	if (b->level > most)
		b->level = most;
}

uint64_t
bucket_allowed(struct bucket *b, int64_t now, int64_t *wait)
{
	if (b->rate == 0)
		return UINT64_MAX;
	refill(b, now);
	if (b->level >= RECORD) {
		b->waiting = false;
		return (uint64_t)(b->level / RECORD);
	}
	b->waiting = true;
	*wait = (at_least_one(b->rate * STEP_US) - b->level + b->rate - 1) / b->rate;
	return 0;
}

/*
 * A byte a record can never be too much.  More is taken where records are longer, but never so
 * much that short ones behind long ones would be a debt of many seconds.
 */
size_t
bucket_bytes(const struct bucket *b, size_t most)
{
	uint64_t records = b->level >= RECORD ? (uint64_t)(b->level / RECORD) : 1;
	uint64_t each = (b->size > b->unended ? b->size : b->unended) / 2;
	uint64_t limit = records <= FEW ? 8 : 64;

	if (b->rate == 0)
		return most;
	if (each > limit)
		each = limit;
	if (each < 1)
		each = 1;
	return records >= most / each ? most : (size_t)(records * each);
}

void
bucket_spend(struct bucket *b, uint64_t records, size_t bytes)
{
	if (b->rate == 0)
		return;
	b->unended += bytes;
	if (records == 0)
		return;
	b->size = (b->size * 3 + b->unended / records) / 4;
	b->unended = 0;
	b->level -= (int64_t)records * RECORD;
}
