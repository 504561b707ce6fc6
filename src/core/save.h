/*
 * Putting a part of the state down (see core/store.h), entry by entry:
 *
 *   save_room -> bytes of an entry appended to s->out -> save_room -> ... -> save_flush
 *
 * Large parts become several chunks; an entry is never split.  What a chunk means is its owner's.
 */
#ifndef CORE_SAVE_H
#define CORE_SAVE_H

#include "base/buf.h"
#include "base/wire.h"
#include "core/block.h"
#include "core/store.h"

struct saving {
	const struct store	*store;
	struct store_part	 part;
	struct buf		*out;		/* entries that have not been put yet */
};

/* To be called between entries: puts a chunk once there is enough for one.  0 or -1. */
int save_room(struct saving *, struct err *);

/* Puts what there is, if anything.  0 or -1. */
int save_flush(struct saving *, struct err *);

/* All that was put before is void, of this generation and those before.  0 or -1. */
int save_clear(struct saving *, struct err *);

/*
 * The log of state that consists of entries numbered from 1, each of which is put down when it has
 * changed.  When the log has become much longer than the state, a sweep puts down the others, too,
 * under a new generation: some at each save, twice as many as have changed.  When it has come to
 * the last entry the generations before are dropped, some at each save, too, the oldest first: what
 * is left of them is only ever what the new one overrides.  So there is no pause, and a log holds
 * about four times the entries at most.
 *
 * An entry that moves to another number while sweeping is true counts as changed.
 */
struct changelog {			/* zeroed: nothing was put yet */
	uint64_t	generation;
	uint64_t	written;	/* entries in it */
	uint32_t	cursor;		/* the sweep's next entry */
	bool		sweeping;
	bool		trimming;	/* generations up to this one are being dropped: */
	uint64_t	void_to;
};

/* N of COUNT entries were put down and flushed: [*FROM, *TO) are to be, too.  Sets the part. */
void changelog_sweep(struct changelog *, struct saving *, uint64_t n, uint32_t count,
    uint32_t *from, uint32_t *to);

/* Those have been put: flushes them, and drops some of what a sweep has replaced.  0 or -1. */
int changelog_swept(struct changelog *, struct saving *, uint32_t count, struct err *);

/* All entries are gone: what was put is void.  0 or -1. */
int changelog_clear(struct changelog *, struct saving *, struct err *);

/* A chunk of N entries was loaded. */
void changelog_loaded(struct changelog *, const struct store_part *, uint64_t n);

/* A value as bytes: 0 or -1 (memory); text that is read borrows from the bytes. */
int value_put(struct buf *, const struct value *);
struct value value_get(struct wire *);

#endif
