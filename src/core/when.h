/*
 * When rows are: by event time a record that still has its time field is at its own time, any other
 * row at the end of its batch.  Batches by rows count: a row is at the number that ends its batch.
 *
 * What stages remember for a time goes by ticks that never go back.  Batches by the clock do when
 * it is set back: then ticks go on behind the last one, ahead of the clock by what it was set back.
 */
#ifndef CORE_WHEN_H
#define CORE_WHEN_H

#include "core/plan.h"

struct when {				/* of a stage; read-only once it is open */
	const struct plan	*plan;
	bool			 own;	/* rows have their own time ... */
	unsigned		 slot;	/* ... here */
};

/* Finds out what the rows that S is fed have; 0 or -1. */
int when_open(struct when *, struct stage *, struct err *);

struct when_past {			/* of a lane; zeroed at first */
	int64_t	told;			/* the tick of the last batch that ended */
	int64_t	ahead;			/* of the clock */
};

/* The tick of a row of a block. */
int64_t when_tick(const struct when *, struct when_past *, const struct block *,
    const struct value *row);

/* The batch that the stage's tick was told of has ended: its tick. */
int64_t when_told(const struct when *, struct when_past *, int64_t now);

/* The number by which a stage that is put down goes on: what was told, if anything asks for it. */
uint64_t when_save(const struct plan *, const struct when_past *);

/* The time of a row, in microseconds since the epoch, whatever batches are cut by. */
int64_t when_time(const struct when *, const struct block *, const struct value *row);

/* Reads the value of an option as a length of time, or of rows if batches are; 0 or -1. */
int when_span(const struct stage *, struct span *, const char *what, const char *value, int word,
    struct err *);

#endif
