/*
 * Where state is written down.  It is cut into parts, each the state of one thing: a stage's pane,
 * its total, what a mapping stage keeps, where a source has come to.  A part is a log of chunks,
 * loaded in the order in which they were put: a later one overrides or adds to an earlier one, as
 * the part's owner has it.  What it costs to put down follows what has changed.
 *
 * So that a log does not grow for ever its owner can write what is still true once more, piece by
 * piece, under the next generation, and then clear or trim the ones before (core/save: changelog).
 */
#ifndef CORE_STORE_H
#define CORE_STORE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* The numbers are written down: new ones go to the end, none is used again. */
enum store_role {
	STORE_CLOCKS = 1,	/* how far time has come, of an aggregating stage */
	STORE_PANE = 2,		/* the pane of an aggregating stage that ends at TICK */
	STORE_TOTAL = 3,	/* its answer that grows */
	STORE_CHANGED = 4,	/* keys of that answer that changed since it was told */
	STORE_LANE = 5,		/* what a mapping stage keeps */
	STORE_EVENTS = 6,	/* by event time: a stage's part of the batch that ends at TICK */
	STORE_ROWS = 7,		/* the same: rows that wait for its end */
	STORE_SOURCE = 8,	/* how far a source has come */
	STORE_SINK = 9,		/* how far a sink has come */
	STORE_WATERMARK = 10,	/* how far event time has come, of the pipeline */
};

struct store_part {
	enum store_role	role;
	uint32_t	owner;		/* number of the stage, source or output */
	int64_t		tick;		/* 0 where there is only one */
	uint64_t	generation;
};

struct store {
	void	*arg;

	/* Appends a chunk to a part; 0, or -1 and the error. */
	int	(*put)(void *arg, const struct store_part *, const char *bytes, size_t len,
		    struct err *);

	/* Drops all chunks of a part, of its generation and those before; 0 or -1 and the error. */
	int	(*clear)(void *arg, const struct store_part *, struct err *);

	/*
	 * Drops the oldest of these chunks only: somewhat more than is put at a time, so that it
	 * makes no pause.  1: there may be more; 0, or -1 and the error.
	 */
	int	(*trim)(void *arg, const struct store_part *, struct err *);
};

#endif
