/*
 * Eviction, see evict.h.  The limit up to which keys go is found digit by digit, with a histogram
 * of each: no memory is needed, and the map is gone through a few times.
 */
#include "core/evict.h"

enum rank_by { BY_TICK, BY_COUNT };

struct limit {				/* what goes is below it ... */
	uint64_t	tick, count;
	uint64_t	ties;		/* ... or the first so many of what is equal to it */
};

struct sorting {
	const struct aggregate	*agg;
	struct limit		 limit;
	bool			 touched;
	bool			 shrinks;
	uint64_t		 error;
	struct evicted		*sum;
};

static uint64_t
count_of(const struct map_key *entry)
{
	return *(const uint64_t *)(entry + 1);
}

/* A tick as an unsigned number of the same order. */
static uint64_t
tick_of(const struct sorting *s, const struct map_key *entry)
{
	return s->touched ? ((const uint64_t *)(entry + 1))[s->agg->words] ^ (uint64_t)1 << 63 : 0;
}

/* True if an entry takes part in looking for a limit; *RANK is where it stands. */
static bool
ranked(const struct sorting *s, enum rank_by by, const struct map_key *entry, uint64_t *rank)
{
	*rank = by == BY_TICK ? tick_of(s, entry) : count_of(entry);
	return by == BY_TICK || tick_of(s, entry) == s->limit.tick;
}

/* The shift of the highest digit in which ranks differ; *HIGH is what they share above it. */
static int
first_digit(const struct sorting *s, const struct map *m, enum rank_by by, uint64_t *high)
{
	uint64_t differ = 0, rank, first = 0;
	bool any = false;
	int shift;

	for (uint32_t id = 1; id < m->count; id++) {
		if (!ranked(s, by, map_entry(m, id), &rank))
			continue;
		first = any ? first : rank;
		any = true;
		differ |= rank ^ first;
	}
	shift = differ == 0 ? 0 : (63 - __builtin_clzll(differ)) / 8 * 8;
	*high = shift == 56 ? 0 : first >> (shift + 8) << (shift + 8);
	return shift;
}

/* The rank of the WANTth entry, from 0 on; *WANT becomes how many of that rank are before it. */
static uint64_t
nth(const struct sorting *s, const struct map *m, enum rank_by by, uint64_t *want)
{
	uint64_t prefix, rank;

	for (int shift = first_digit(s, m, by, &prefix); shift >= 0; shift -= 8) {
		uint64_t n[256] = { 0 }, digit = 0;
		uint64_t mask = shift == 56 ? 0 : ~(uint64_t)0 << (shift + 8);

		for (uint32_t id = 1; id < m->count; id++)
			if (ranked(s, by, map_entry(m, id), &rank) && (rank & mask) == prefix)
				n[(rank >> shift) & 0xff]++;
		while (digit < 255 && *want >= n[digit])
			*want -= n[digit++];
		prefix |= digit << shift;
	}
	return prefix;
}

static bool
goes(struct limit *limit, uint64_t tick, uint64_t count)
{
	if (tick != limit->tick)
		return tick < limit->tick;
	if (count != limit->count)
		return count < limit->count;
	if (limit->ties == 0)
		return false;
	limit->ties--;
	return true;
}

static bool
keep(void *arg, struct map_key *entry)
{
	struct sorting *s = arg;
	uint64_t *value = (uint64_t *)(entry + 1), count = count_of(entry);

	if (!goes(&s->limit, tick_of(s, entry), count)) {
		if (s->shrinks)
			s->agg->shrink(s->agg, value);
		return true;
	}
	s->sum->keys += count > 0;
	s->sum->records += count;
	if (count > s->error)
		s->error = count;
	if (s->agg->drop != NULL)
		s->agg->drop(s->agg, value);
	return false;
}

uint64_t
evict_map(struct map *m, const struct aggregate *agg, const struct eviction *how, bool touched,
    struct evicted *sum)
{
	struct sorting s = {
		.agg = agg, .touched = touched && !how->approx, .sum = sum,
		.shrinks = how->approx && agg->shrink != NULL,
	};
	uint64_t n = (uint64_t)map_count(m) * how->share / EVICT_ALL, want = n;

	if (map_count(m) == 0 || (n == 0 && !s.shrinks))
		return 0;
	if (s.shrinks)
		n = want = 0;			/* no key goes */
	s.limit.tick = nth(&s, m, BY_TICK, &want);
	s.limit.count = nth(&s, m, BY_COUNT, &want);
	s.limit.ties = want;
	/* What is rarer may be enough: then the error is less. */
	if (how->approx && n - want >= n / 2)
		s.limit.ties = 0;
	map_keep(m, keep, &s);
	return s.error;
}
