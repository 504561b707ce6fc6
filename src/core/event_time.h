/*
 * Batches by event time: a record belongs to the batch of its own time, and several batches are
 * open until the watermark passes their ends.  Each holds what the first stages make of its
 * records: a partial answer for an aggregating stage that only adds up; the rows themselves for a
 * stage that must see them in order, or together with others.
 */
#ifndef CORE_EVENT_TIME_H
#define CORE_EVENT_TIME_H

#include "core/evict.h"
#include "core/kept.h"
#include "core/plan.h"
#include "core/rowlog.h"
#include "core/watermark.h"

struct open_batch {
	int64_t		 end;		/* microseconds since the epoch */
	struct map	*state;		/* of each stage */
	struct rowlog	*held;		/* of each stage, then of each output */
	struct kept	*kept;		/* with a checkpoint: the state that was put down ... */
	uint64_t	*rows;		/* ... and how many rows of those held */
	uint64_t	 error;		/* by which its counts may be too low, see evict.h */
};

struct event_time {
	const struct plan	*plan;
	uint64_t		 seed[2];
	struct saving		*saving;	/* of each of them, or NULL */
	struct watermark	 mark;
	struct open_batch	*open;	/* by end */
	size_t			 n, cap;
	bool			 feeding;	/* rows that come are records, not answers */
	bool			 begun;
	int64_t			 at;	/* once begun: all batches up to here have been answered */
	int64_t			*time;	/* of a block of rows */
	struct value		*cells;	/* rows of one batch */
};

/* SAVING as in struct pipeline.  0, or -1 when memory is short; closed either way. */
int event_open(struct event_time *, const struct plan *, const uint64_t seed[2], size_t sources,
    int64_t lateness, struct saving *saving);

/* Makes the open batch that ends at END, if it is not there yet; 0 or -1 (memory). */
int event_batch(struct event_time *, int64_t end);

/* The partial answer of an open batch. */
struct map *event_state(struct event_time *, unsigned stage, int64_t end);

/* True for stages whose rows wait until their batch is over. */
bool event_holds(const struct stage *);

/* Keeps a copy of rows for a stage, or an output (plan->n + its number); 0 or -1 (memory). */
int event_hold(struct event_time *, unsigned number, const struct block *);

/* Frees the oldest open batch, and what was put down of it is void; 0, or -1 and the error. */
int event_drop(struct event_time *, struct err *);

/* Puts down what the open batches have got since the last time; 0, or -1 and the error. */
int event_save(struct event_time *, struct err *);

/* Takes a chunk of that; 0, or -1 (memory). */
int event_load(struct event_time *, const struct store_part *, struct wire *);

/* Takes keys out of the partial answers of all open batches; 0, or -1 and the error. */
int event_evict(struct event_time *, const struct eviction *, struct evicted *sum, struct err *);

uint64_t event_keys(const struct event_time *);
size_t event_bytes(const struct event_time *);
void event_close(struct event_time *);

#endif
