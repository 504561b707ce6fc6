/*
 * When rows are: by event time a record that still has its time field is at its own time, any other
 * row at the end of its batch.  Batches by rows count: a row is at the number that ends its batch.
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

/*
 * The tick of a row of a block; TOLD is the last one that the stage's tick was told, or 0.
 */
int64_t when_tick(const struct when *, int64_t told, const struct block *, const struct value *row);

/* The time of a row, in microseconds since the epoch, whatever batches are cut by. */
int64_t when_time(const struct when *, const struct block *, const struct value *row);

/* Reads the value of an option as a length of time, or of rows if batches are; 0 or -1. */
int when_span(const struct stage *, struct span *, const char *what, const char *value, int word,
    struct err *);

#endif
