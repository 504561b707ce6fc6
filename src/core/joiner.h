/*
 * Joining two streams of rows on equal keys: pairs of rows whose ticks differ by at most a span.
 *
 *   rows as they come -> kept by tick (core/history), one hash index over the keys of both
 *   the end of a batch -> pairs of which one row is new, rows that stay without a partner
 *
 * What comes at the end of a batch is in order: the left rows as they came, each with its partners
 * as they came, or alone once it can have none; then the right rows that stay alone.  A row is
 * dropped when no partner can come any more.  Apart from the pairs, the cost is that of the rows
 * that come and go, each once.
 */
#ifndef CORE_JOINER_H
#define CORE_JOINER_H

#include "base/buf.h"
#include "base/map.h"
#include "core/history_save.h"

#define JOINER_KEYS 16			/* columns of a key */

enum joiner_side { JOINER_LEFT, JOINER_RIGHT, JOINER_SIDES };

struct joiner_config {			/* read-only */
	int64_t		within;		/* ticks, 0: of the same tick */
	bool		outer[JOINER_SIDES];	/* rows without a partner are given, too */
	unsigned	keys;
	unsigned	slot[JOINER_SIDES][JOINER_KEYS];	/* cells of the key */
	bool		number[JOINER_SIDES][JOINER_KEYS];	/* what looks like one is one */
	bool		no_record[JOINER_SIDES];	/* of the rows, as in struct rowlog */
};

struct joiner_row;
struct joiner_chain;

struct joiner_rows {			/* of one side: numbered from 1 as they come */
	struct history		 history;
	struct joiner_row	*row;		/* a ring: row[number % cap], cap a power of two */
	size_t			 cap;
	uint64_t		 base, next;	/* the oldest; the one that comes next */
	uint64_t		 fresh;		/* those of this tick are from here on */
	struct history_marks	 matched;	/* rows that are since they were put down */
};

struct joiner {
	const struct joiner_config	*config;
	struct joiner_rows	 side[JOINER_SIDES];
	struct map		 index;		/* key -> chain, from 1 */
	struct joiner_chain	*chain;
	uint32_t		 chains, chains_cap;
	uint32_t		 spare;		/* a chain that nobody uses, or 0 */
	uint32_t		 dead;		/* keys in the index without rows */
	uint32_t		 round;		/* of the batch that is open */
	struct buf		 key;
	int64_t			 now;
	int64_t			 saved;		/* the same, as it was put down */
	bool			 marking;	/* what is matched is written down ... */
	bool			 lost;		/* ... but memory was short for it */

	/* While the rows of a batch are given. */
	uint64_t		*heap;		/* numbers of older left rows that are due */
	size_t			 heaped, heap_cap;
	uint64_t		 left, partner;	/* the pair that is next; 0: none */
	uint64_t		 coming[JOINER_SIDES];	/* next new left row, next right one */
	bool			 done;		/* nothing comes any more */
};

struct joiner_pair {
	const struct value	*row[JOINER_SIDES];	/* NULL: without a partner */
};

/* SEED keeps an attacker from choosing keys that collide. */
void joiner_init(struct joiner *, const struct joiner_config *, const uint64_t seed[2]);

/* Keeps rows of the open batch; 0 or -1 (memory). */
int joiner_add(struct joiner *, enum joiner_side, const struct block *);

/* The batch ends at TICK; DONE: and no row comes any more.  0 or -1 (memory). */
int joiner_end(struct joiner *, int64_t tick, bool done);

/* The next pair of what is due; false at its end. */
bool joiner_next(struct joiner *, struct joiner_pair *);

/* To be called when the pairs have been used: drops what can have no partner.  0 or -1 (memory). */
int joiner_drop(struct joiner *);

/*
 * Puts down what has changed, as parts of their own: tick 1 is the time, 2 and 3 are the sides.
 * 1: a batch is open; else 0 or -1.
 */
int joiner_save(struct joiner *, const struct saving *, struct err *);

/* Takes a chunk of rows of WIDTH cells; 0 or -1 (memory).  Damage is in the wire. */
int joiner_load(struct joiner *, const unsigned width[JOINER_SIDES], const struct store_part *,
    struct wire *);

size_t joiner_bytes(const struct joiner *);
uint64_t joiner_held(const struct joiner *);
void joiner_free(struct joiner *);

#endif
