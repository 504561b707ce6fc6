/* What the files of core/joiner share: joiner.c rows and pairs, joiner_index.c their keys. */
#ifndef CORE_JOINER_INNER_H
#define CORE_JOINER_INNER_H

#include "core/joiner.h"

#define JOINER_NO_CHAIN 0	/* of a row whose key has a null, which equals nothing */

struct joiner_row {
	const struct value	*cells;
	int64_t			 tick;
	uint64_t		 next;		/* of its key, or 0 */
	uint32_t		 chain;
	bool			 matched;
};

/* The rows of one key, oldest first; numbers of rows, 0: none. */
struct joiner_chain {
	uint64_t	first[JOINER_SIDES], last[JOINER_SIDES];
	uint64_t	fresh[JOINER_SIDES];	/* the first of round[] */
	uint32_t	round[JOINER_SIDES];
	uint32_t	spare;			/* the next one that nobody uses */
	uint32_t	heaped;			/* its left rows are in the heap of this round */
};

static inline struct joiner_row *
joiner_row(const struct joiner_rows *s, uint64_t number)
{
	return &s->row[number & (s->cap - 1)];
}

/* Makes the last N rows of a side's history known, of WIDTH cells; 0 or -1 (memory). */
int joiner_index(struct joiner *, enum joiner_side, uint64_t n, unsigned width);

/* Forgets the oldest row of a side. */
void joiner_drop_row(struct joiner *, enum joiner_side);

/* The chain of a row's key, made if it is new, or JOINER_NO_CHAIN; 0 or -1 (memory). */
int joiner_find(struct joiner *, enum joiner_side, const struct value *row, uint32_t *chain);

/* Once most keys have no rows any more, makes an index of the others; 0 or -1 (memory). */
int joiner_clean(struct joiner *);

static inline bool
joiner_is_empty(const struct joiner_chain *c)
{
	return c->first[JOINER_LEFT] == 0 && c->first[JOINER_RIGHT] == 0;
}

#endif
