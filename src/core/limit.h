/*
 * What a bound on memory asks of a pipeline: which stages can do with less and how, what the end of
 * the open batch will take, and taking keys out.  How much is held and when that is too much is the
 * engine's to say (engine/memory.c).  Lanes are at rest while these are called.
 */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include "core/pipeline.h"

/* True if a bound stage can do with less memory in this mode; WHAT it does then, in words. */
bool limit_can(const struct stage *, enum on_full, const char **what);

/*
 * Demands that every stage that keeps something by key can, for FULL_APPROX; and, if state is SAVED
 * in a checkpoint, that what goes can be taken out of that, too, and that all can go on from it.
 * 0 or -1.
 */
int limit_check(const struct plan *, enum on_full, bool saved, struct err *);

/* Bytes that ending the open batch takes at most besides what is held. */
size_t limit_need(const struct pipeline *);

/* Gives back memory that is only kept so that it need not be asked for again. */
void limit_release(struct pipeline *);

/* Takes keys out of all stages that can do without; adds to SUM.  0, or -1 and the error. */
int limit_evict(struct pipeline *, const struct eviction *, struct evicted *sum, struct err *);

/* By how much a count of the open answers may be too low. */
uint64_t limit_error(const struct pipeline *);

/* The stage that holds most: its number, keys and bytes; all 0 if none holds any. */
struct holding {
	unsigned	stage;
	uint64_t	keys;
	size_t		bytes;
};
struct holding limit_fullest(const struct pipeline *);

#endif
