/*
 * Blocks that were read and wait to be fed, for --shed: a queue with a limit.  What does not fit is
 * dropped, by one of three policies.  Knows of no clock and does no I/O: the limit is the caller's,
 * and so is the number of those that were lost.
 *
 * Owns its blocks, which change places with the caller's: none is copied unless it is so small that
 * it fits behind the last one.
 */
#ifndef ENGINE_SHED_H
#define ENGINE_SHED_H

#include "core/frame.h"

#include <stdint.h>

#define SHED_BLOCKS 256			/* that can wait */

enum shed_policy {
	SHED_NONE,
	SHED_OLDEST,		/* what has waited longest goes, block by block */
	SHED_NEWEST,		/* what has just come goes */
	SHED_SAMPLE,		/* half of the records that wait or have come go, at random */
};

struct shed {
	enum shed_policy policy;
	size_t		 block_size;
	bool		 quoted;
	uint64_t	 random;
	struct lines	*block;		/* a ring; what does not wait is empty or not open */
	unsigned	 first, waiting;
	size_t		 bytes;		/* in those that wait */
};

/* A queue for blocks like LIKE; 0, or -1 when memory is short.  Closed either way. */
int shed_open(struct shed *, enum shed_policy, uint64_t random, const struct lines *like);
void shed_close(struct shed *);

/* True if no block fits, however small: one must be taken out first. */
bool shed_is_full(const struct shed *);

/*
 * Lets the lines wait, so that at most LIMIT bytes do; the block is empty then.  *LOST is how many
 * records were dropped for that.  There must be a place.  0, or -1 when memory is short.
 */
int shed_put(struct shed *, struct lines *, size_t limit, uint64_t *lost);

/*
 * Takes out the block that has waited longest, of which there must be one.  It is the caller's to
 * use and to empty, or to change for another empty one, until the next call.
 */
struct lines *shed_take(struct shed *);

#endif
