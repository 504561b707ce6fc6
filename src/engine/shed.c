/* A queue of blocks with a limit, see shed.h. */
#include "engine/shed.h"

#include "base/mem.h"

#include <string.h>

int
shed_open(struct shed *s, enum shed_policy policy, uint64_t random, const struct lines *like)
{
	*s = (struct shed){
		.policy = policy, .block_size = like->cap, .quoted = like->quoted,
		.random = random | 1,
		.block = mem_zalloc(SHED_BLOCKS * sizeof(*s->block)),
	};
	return s->block == NULL ? -1 : 0;
}

void
shed_close(struct shed *s)
{
	for (unsigned i = 0; s->block != NULL && i < SHED_BLOCKS; i++)
		lines_close(&s->block[i]);
	mem_free(s->block);
	*s = (struct shed){ 0 };
}

/* The block that has waited for the I-th longest time, from 0; or a free place. */
static struct lines *
at(const struct shed *s, unsigned i)
{
	return &s->block[(s->first + i) % SHED_BLOCKS];
}

static void
swap(struct lines *a, struct lines *b)
{
	struct lines between = *a;

	*a = *b;
	*b = between;
}

bool
shed_is_full(const struct shed *s)
{
	return s->waiting == SHED_BLOCKS;
}

struct lines *
shed_take(struct shed *s)
{
	struct lines *l = at(s, 0);

	s->bytes -= l->len;
	s->waiting--;
	s->first = s->waiting == 0 ? 0 : (s->first + 1) % SHED_BLOCKS;
	return l;
}

/* ---- dropping ---- */

static uint64_t
drop(struct lines *l)
{
	uint64_t records = l->records;

	lines_empty(l);
	return records;
}

/* A bit of Marsaglia's xorshift (2003): whether a record is kept. */
static bool
coin(struct shed *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (s->random >> 32 & 1) != 0;
}

/* Drops about every second record; how many. */
static uint64_t
thin(struct shed *s, struct lines *l)
{
	const char *from = l->data, *end = l->data + l->len;
	uint64_t before = l->records;
	char *to = l->data;

	while (from < end) {
		size_t left = (size_t)(end - from), size = s->quoted ?
		    records_skip(from, left, 1) :
		    (size_t)((const char *)memchr(from, '\n', left) + 1 - from);

		if (coin(s)) {
			memmove(to, from, size);
			to += size;
		} else {
			l->records--;
		}
		from += size;
	}
	l->len = (size_t)(to - l->data);
	l->marks = 0;
	return before - l->records;
}

/* Moves the lines of FROM behind those of TO, if they fit and are of the same kind. */
static bool
join(struct lines *to, struct lines *from)
{
	if (to->source != from->source || to->layout != from->layout ||
	    from->len > to->cap || to->len > to->cap - from->len)
		return false;
	memcpy(to->data + to->len, from->data, from->len);
	to->len += from->len;
	to->records += from->records;
	lines_empty(from);
	return true;
}

/* Thins all that waits; blocks that have become small come together. */
static uint64_t
thin_all(struct shed *s)
{
	unsigned n = s->waiting;
	uint64_t lost = 0;

	s->waiting = 0;
	s->bytes = 0;
	for (unsigned i = 0; i < n; i++) {
		lost += thin(s, at(s, i));
		s->bytes += at(s, i)->len;
		if (s->waiting > 0 && join(at(s, s->waiting - 1), at(s, i)))
			continue;
		if (i != s->waiting)
			swap(at(s, i), at(s, s->waiting));
		s->waiting++;
	}
	return lost;
}

/* Makes room for the lines, if need be by dropping some of them; how many records are lost. */
static uint64_t
make_room(struct shed *s, struct lines *l, size_t limit)
{
	uint64_t lost = 0;

	if (s->policy == SHED_NEWEST && s->bytes > 0 && s->bytes + l->len > limit)
		return drop(l);
	while (s->policy == SHED_OLDEST && s->bytes > 0 && s->bytes + l->len > limit)
		lost += drop(shed_take(s));
	while (s->policy == SHED_SAMPLE && s->bytes > 0 && s->bytes + l->len > limit)
		lost += thin_all(s) + thin(s, l);
	return lost;
}

int
shed_put(struct shed *s, struct lines *l, size_t limit, uint64_t *lost)
{
	struct lines *place;

	*lost = make_room(s, l, limit);
	if (l->records == 0) {
		lines_empty(l);
		return 0;
	}
	s->bytes += l->len;
	if (s->waiting > 0 && join(at(s, s->waiting - 1), l))
		return 0;
	place = at(s, s->waiting);
	if (place->data == NULL) {
		if (lines_open(place, s->block_size) == -1)
			return -1;
		place->quoted = s->quoted;
	}
	swap(place, l);
	s->waiting++;
	return 0;
}
