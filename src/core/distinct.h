/*
 * How many different values there were, as two words of an aggregate's value.  Up to DISTINCT_EXACT
 * different ones are kept as 64-bit hashes: the count is off by one with a chance of 3e-13.  From
 * there on they are told apart by 2^14 registers (HyperLogLog): the standard error is 0.8 %, and
 * 2.5 % is exceeded once in 500 times.  Values are hashed with a fixed seed, so that sketches of
 * different machines (of one byte order) merge; the answer depends on the values alone, not on
 * their order.
 */
#ifndef CORE_DISTINCT_H
#define CORE_DISTINCT_H

#include "base/buf.h"
#include "base/wire.h"
#include "core/value.h"

#define DISTINCT_EXACT 3072		/* different values; three quarters of a power of two */

enum distinct_word {
	DISTINCT_KEPT,			/* how many hashes are kept; more than can be: registers */
	DISTINCT_MEMORY,		/* a pointer */
	DISTINCT_WORDS
};

/* The hash of a value: numbers are the same if they are equal, text is not a number. */
uint64_t distinct_hash(const struct value *v);

/* Adds a hash; 0, or -1 when memory is short. */
int distinct_add(uint64_t *w, uint64_t hash);

/* These are as in struct aggregate; load tells damage in IN. */
int distinct_merge(uint64_t *into, const uint64_t *from);
void distinct_free(uint64_t *w);
size_t distinct_bytes(const uint64_t *w);

/* Goes over to registers where they take less; stays as it is when memory is short. */
void distinct_shrink(uint64_t *w);
int distinct_save(const uint64_t *w, struct buf *out);
int distinct_load(uint64_t *w, struct wire *in);

/* How many different values were added; *APPROXIMATE says whether that is an estimate. */
uint64_t distinct_count(const uint64_t *w, bool *approximate);

/* Where HASH is looked for, for prefetching. */
const void *distinct_place(const uint64_t *w, uint64_t hash);

#endif
