/*
 * Answers that grow: one total to which every batch is added, told while it grows.  It is never
 * emptied (--running), or whenever a window of its length ends (--emit update or complete of a
 * tumbling window).  What is told is all of it, or only keys that a batch since the last time has
 * touched.  A key that nothing has touched for `ttl` ticks is forgotten: at once for the answer,
 * and from memory when it is worth going through all of it.
 */
#ifndef CORE_RUNNING_H
#define CORE_RUNNING_H

#include "core/kept.h"

enum emit {
	EMIT_APPEND,			/* a window when it ends, once */
	EMIT_UPDATE,			/* what has changed */
	EMIT_COMPLETE,			/* all of it */
};

struct running {
	const struct aggregate	*agg;
	enum emit		 emit;
	int64_t			 length;	/* emptied at its multiples; 0: never */
	int64_t			 ttl;		/* 0: keys are never forgotten */
	int64_t			 swept;		/* when forgotten keys were last taken out */
	bool			 begun;		/* with values that no batch has touched yet */
	struct kept		 total;		/* with the tick that touched it last */
	struct kept		 changed;	/* keys touched since the last answer */
	struct map		 answer;
	struct saving		*saving;	/* where it is put down, or NULL */
};

/* SAVING, which may be NULL, names the stage and outlives it. */
void running_open(struct running *, const struct aggregate *, enum emit emit, int64_t length,
    int64_t ttl, const uint64_t seed[2], struct saving *);

/*
 * Before the first batch: begins with these values, as if it had touched them, though they are
 * nothing that has changed.  0, or -1 (memory).
 */
int running_begin(struct running *, const struct map *first);

/* Adds the batch that ends at TICK, and empties OPEN, which held it.  0, or -1 and the error. */
int running_add(struct running *, struct map *open, int64_t tick, struct err *);

/* What is told at TICK, valid until the next call; NULL: memory is short. */
struct map *running_answer(struct running *, int64_t tick);

/* The answer of TICK has been used; 0, or -1 and the error. */
int running_answered(struct running *, int64_t tick, struct err *);

/* Forgets what it began with. */
void running_empty(struct running *);

/* Takes a chunk of its parts; 0 or -1 (memory). */
int running_load(struct running *, const struct store_part *, struct wire *);

/* Where a part of it is put down, or NULL. */
struct saving *running_part(const struct running *, enum store_role);

/* As those of a window. */
size_t running_bytes(const struct running *);
uint32_t running_keys(const struct running *);
void running_close(struct running *);

#endif
